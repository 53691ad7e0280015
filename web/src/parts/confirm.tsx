// parts/confirm.tsx -- before something is taken away: what will happen, and to whom.
import { Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { FormEnd } from "./FormEnd";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  // What will happen, and to whom; loaded by the caller if it must be asked for.
  consequences: ReactNode;
  // The verb of the button: "Delete the share".
  action: string;
  // For what cannot be undone: the name that must be typed.
  typed?: string;
  onConfirm: () => Promise<unknown>;
}

export function ConfirmDialog(props: Props) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={<Text fw={650}>{props.title}</Text>}
    >
      {props.opened && <ConfirmForm {...props} />}
    </Modal>
  );
}

function ConfirmForm({ onClose, consequences, action, typed, onConfirm }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const started = useRef(false);
  const attempt = useMutation({
    mutationFn: onConfirm,
    onSuccess: onClose,
    onError: () => {
      started.current = false;
    },
  });
  const ready = typed === undefined || text === typed;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        // Enter may come twice before the button is busy.
        if (ready && !started.current) {
          started.current = true;
          attempt.mutate();
        }
      }}
    >
      <Stack>
        <Text size="sm" component="div">
          {consequences}
        </Text>
        {typed !== undefined && (
          <TextInput
            label={t("confirm.typeToConfirm", { name: typed })}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        <FormEnd of={attempt} onCancel={onClose} color="red.9" disabled={!ready}>
          {action}
        </FormEnd>
      </Stack>
    </form>
  );
}
