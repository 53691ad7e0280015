// pages/recipients/CreateRecipient.tsx -- a new recipient, and the link that lets it in.
import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import { CopyField } from "~/parts/CopyField";
import { FormEnd } from "~/parts/FormEnd";
import { nameProblem } from "~/parts/names";
import { toNetworks } from "./networks";

interface Values {
  name: string;
  comment: string;
  expires: string | null;
  networks: string;
}

export function CreateRecipient({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("recipients.create")} size="lg">
      {opened && <CreateForm onClose={onClose} />}
    </Modal>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const form = useForm<Values>({
    initialValues: { name: "", comment: "", expires: null, networks: "" },
    validate: { name: (name) => nameProblem(name, t) },
  });
  const create = useMutation({
    mutationFn: (values: Values) => {
      const networks = toNetworks(values.networks);
      return body(
        api.POST("/api/2.1/unity-catalog/recipients", {
          body: {
            name: values.name,
            authentication_type: "TOKEN",
            ...(values.comment && { comment: values.comment }),
            ...(values.expires && { expiration_time: new Date(values.expires).getTime() }),
            ...(networks.length > 0 && { ip_access_list: { allowed_ip_addresses: networks } }),
          },
        }),
      );
    },
    onSuccess: () => changed("recipients"),
  });
  if (create.data) {
    const { name, tokens } = create.data;
    return (
      <Stack>
        <Text>{t("recipients.madeText", { name })}</Text>
        <CopyField
          value={tokens?.[0]?.activation_url ?? ""}
          label={t("recipients.linkOf", { name })}
        />
        <Text size="sm" c="dimmed">
          {t("shares.wizard.linkOnce")}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" component={Link} to={`/recipients/${encodeURIComponent(name)}`}>
            {t("recipients.open")}
          </Button>
          <Button onClick={onClose}>{t("done")}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
      <Stack>
        <TextInput
          label={t("recipients.name")}
          description={t("recipients.nameHint")}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Textarea
          label={t("recipients.comment")}
          autosize
          minRows={1}
          {...form.getInputProps("comment")}
        />
        <DateTimePicker
          label={t("recipients.expiry.label")}
          description={t("recipients.expiry.hint")}
          minDate={new Date()}
          clearable
          clearButtonProps={{ "aria-label": t("remove") }}
          {...form.getInputProps("expires")}
        />
        <Textarea
          label={t("recipients.network.allowed")}
          description={t("recipients.network.allowedHint")}
          placeholder="203.0.113.0/24"
          autosize
          minRows={1}
          {...form.getInputProps("networks")}
        />
        <FormEnd of={create} onCancel={onClose}>
          {t("recipients.create")}
        </FormEnd>
      </Stack>
    </form>
  );
}
