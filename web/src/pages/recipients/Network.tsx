// pages/recipients/Network.tsx -- from where a recipient may come, and how often.
import { Button, Group, NumberInput, Stack, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RecipientInfo } from "~/api/unity";
import { Section } from "~/parts/Section";
import { toNetworks } from "./networks";
import { useRecipientForm } from "./useRecipientForm";

const read = ({ ip_access_list, requests_per_second }: RecipientInfo) => ({
  allowed: (ip_access_list?.allowed_ip_addresses ?? []).join("\n"),
  denied: (ip_access_list?.denied_ip_addresses ?? []).join("\n"),
  rate: Number(requests_per_second ?? 0),
});

export function Network({ recipient }: { recipient: RecipientInfo }) {
  const { t } = useTranslation();
  const { form, onSubmit, isPending, notice } = useRecipientForm(
    recipient,
    read,
    (values, edited, there) => {
      // Both lists are one for the server.
      const listed = (field: "allowed" | "denied") =>
        toNetworks(edited(field) ? values[field] : there[field]);
      return {
        ...((edited("allowed") || edited("denied")) && {
          ip_access_list: {
            allowed_ip_addresses: listed("allowed"),
            denied_ip_addresses: listed("denied"),
          },
        }),
        ...(edited("rate") && { requests_per_second: values.rate }),
      };
    },
    t("recipients.network.saved", { name: recipient.name }),
  );
  return (
    <Section title={t("recipients.tabs.network")} description={t("recipients.network.description")}>
      <form onSubmit={onSubmit}>
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
          {notice}
          <Group>
            <Button type="submit" disabled={!form.isDirty()} loading={isPending}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
