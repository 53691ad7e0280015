// parts/EndDialog.tsx -- until when something holds, changed.
import { Modal, Stack } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { useMutation } from "@tanstack/react-query";
import dayjs from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormEnd } from "./FormEnd";

interface Props {
  onClose: () => void;
  title: string;
  hint: string;
  ends: number | undefined;
  // Whether it may have no end.
  clearable: boolean;
  onSave: (ends: number | undefined) => Promise<unknown>;
}

// Open while it is there.
export function EndDialog({ onClose, title, hint, ends, clearable, onSave }: Props) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(
    ends === undefined ? null : dayjs(ends).format("YYYY-MM-DD HH:mm:ss"),
  );
  const save = useMutation({
    mutationFn: () => onSave(chosen === null ? undefined : new Date(chosen).getTime()),
    onSuccess: onClose,
  });
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack>
          <DateTimePicker
            label={t("shares.who.until")}
            description={hint}
            value={chosen}
            onChange={setChosen}
            minDate={new Date()}
            clearable={clearable}
            clearButtonProps={{ "aria-label": t("remove") }}
          />
          <FormEnd of={save} onCancel={onClose} disabled={!clearable && chosen === null}>
            {t("save")}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  );
}
