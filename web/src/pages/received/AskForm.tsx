// pages/received/AskForm.tsx -- ask for more, for more time, or tell what one thinks.
import { Modal, SegmentedControl, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { nameOf, type SharedTable } from "~/api/sharing";
import { useChanged } from "~/api/unity";
import { FormEnd } from "~/parts/FormEnd";

type Kind = "access" | "renewal" | "feedback";

interface Props {
  opened: boolean;
  onClose: () => void;
  tables: SharedTable[];
  about?: SharedTable;
}

export function AskForm(props: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={t("received.ask.title")}>
      {props.opened && <Form {...props} />}
    </Modal>
  );
}

function Form({ onClose, tables, about }: Props) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [kind, setKind] = useState<Kind>(about ? "feedback" : "access");
  const [table, setTable] = useState<string | null>(about ? nameOf(about) : null);
  const [share, setShare] = useState("");
  const [comment, setComment] = useState("");
  const limit = kind === "feedback" ? 2000 : 200;
  const send = useMutation({
    mutationFn: () => {
      const chosen = tables.find((one) => nameOf(one) === table);
      return body(
        api.POST("/api/2.1/sluice/requests", {
          body: {
            kind,
            comment,
            ...(kind === "feedback" &&
              chosen && { share: chosen.share, table: `${chosen.schema}.${chosen.name}` }),
            ...(kind === "access" && share && { share }),
          },
        }),
      );
    },
    onSuccess: async () => {
      notifications.show({ message: t("received.ask.sent") });
      await changed("requests");
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <Stack>
        <SegmentedControl
          aria-label={t("received.ask.kind")}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={(["access", "renewal", "feedback"] as const).map((value) => ({
            value,
            label: t(`received.ask.kinds.${value}`),
          }))}
        />
        {kind === "access" && (
          <TextInput
            label={t("received.ask.share")}
            description={t("received.ask.shareHint")}
            value={share}
            onChange={(event) => setShare(event.currentTarget.value)}
          />
        )}
        {kind === "feedback" && (
          <Select
            label={t("received.ask.about")}
            data={tables.map(nameOf)}
            value={table}
            onChange={setTable}
            searchable
            clearable
            limit={100}
          />
        )}
        <Textarea
          label={t("received.ask.comment")}
          description={t("received.ask.length", { count: comment.length, limit })}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
          maxLength={limit}
          autosize
          minRows={3}
          required
        />
        <FormEnd of={send} onCancel={onClose} disabled={comment.trim() === ""}>
          {t("received.ask.send")}
        </FormEnd>
      </Stack>
    </form>
  );
}
