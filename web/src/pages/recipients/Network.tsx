// pages/recipients/Network.tsx -- from where a recipient may come, and how often.
import { Button, Group, NumberInput, Stack, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { type RecipientInfo, useChanged } from "~/api/unity";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { Section } from "~/parts/Section";
import { toNetworks } from "./networks";

export function Network({ recipient }: { recipient: RecipientInfo }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const list = recipient.ip_access_list;
  const form = useForm({
    initialValues: {
      allowed: (list?.allowed_ip_addresses ?? []).join("\n"),
      denied: (list?.denied_ip_addresses ?? []).join("\n"),
      rate: Number(recipient.requests_per_second ?? 0),
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) =>
      body(
        api.PATCH("/api/2.1/unity-catalog/recipients/{name}", {
          params: { path: { name: recipient.name } },
          body: {
            ip_access_list: {
              allowed_ip_addresses: toNetworks(values.allowed),
              denied_ip_addresses: toNetworks(values.denied),
            },
            ...(form.isDirty("rate") && { requests_per_second: values.rate }),
          },
        }),
      ),
    onSuccess: async () => {
      form.resetDirty();
      notifications.show({ message: t("recipients.network.saved", { name: recipient.name }) });
      await changed("recipient", "recipients");
    },
  });
  return (
    <Section title={t("recipients.tabs.network")} description={t("recipients.network.description")}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack maw={560}>
          <Textarea
            label={t("recipients.network.allowed")}
            description={t("recipients.network.allowedHint")}
            placeholder={"203.0.113.0/24\n2001:db8::/32"}
            autosize
            minRows={2}
            {...form.getInputProps("allowed")}
          />
          <Textarea
            label={t("recipients.network.denied")}
            description={t("recipients.network.deniedHint")}
            autosize
            minRows={2}
            {...form.getInputProps("denied")}
          />
          <NumberInput
            label={t("recipients.network.rate")}
            description={t("recipients.network.rateHint")}
            min={0}
            max={100_000}
            allowDecimal={false}
            maw={260}
            {...form.getInputProps("rate")}
          />
          {save.error && <ErrorNotice error={save.error} />}
          <Group>
            <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
