// pages/settings/Metastore.tsx -- the installation: its name for recipients, its limits, its admins' rights.
import { Button, Group, NumberInput, Progress, Stack, Table, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { allPages } from "~/api/pages";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { Facts } from "~/parts/Facts";
import { Permissions } from "~/parts/Permissions";
import { Section } from "~/parts/Section";
import { count } from "~/parts/time";
import { Waiting } from "~/parts/Waiting";

type Info = components["schemas"]["MetastoreInfo"];
type Quota = components["schemas"]["QuotaInfo"];

const kDay = 86_400;

export function Metastore() {
  const { t } = useTranslation();
  const metastore = useQuery({
    queryKey: ["metastore"],
    queryFn: () => body(api.GET("/api/2.1/unity-catalog/metastore_summary")),
  });
  if (!metastore.data) return <Waiting for={metastore} />;
  const info = metastore.data;
  return (
    <Stack>
      <Section title={t("settings.sections.metastore")}>
        <Facts
          facts={[
            [t("catalog.name"), info.name],
            [t("catalog.owner"), info.owner],
            [t("settings.metastore.identifier"), info.global_metastore_id],
          ]}
        />
      </Section>
      <Sharing key={info.updated_at} info={info} />
      <Section title={t("permissions.title")} description={t("settings.metastore.permissionsText")}>
        <Permissions type="metastore" name={info.metastore_id} />
      </Section>
      <Quotas />
    </Stack>
  );
}

function Sharing({ info }: { info: Info }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const form = useForm({
    initialValues: {
      organization: info.delta_sharing_organization_name ?? "",
      days: Number(info.delta_sharing_recipient_token_lifetime_in_seconds ?? 0) / kDay,
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) =>
      body(
        api.PATCH("/api/2.1/unity-catalog/metastores/{id}", {
          params: { path: { id: info.metastore_id } },
          // Only what was changed here: the rest may have been changed elsewhere.
          body: {
            ...(form.isDirty("organization") && {
              delta_sharing_organization_name: values.organization,
            }),
            ...(form.isDirty("days") && {
              delta_sharing_recipient_token_lifetime_in_seconds: Math.round(values.days * kDay),
            }),
          },
        }),
      ),
    onSuccess: async () => {
      notifications.show({ message: t("settings.saved") });
      await changed("metastore");
    },
  });
  return (
    <Section title={t("settings.metastore.sharing")}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack maw={480}>
          <TextInput
            label={t("settings.metastore.organization")}
            description={t("settings.metastore.organizationHint")}
            {...form.getInputProps("organization")}
          />
          <NumberInput
            label={t("settings.metastore.lifetime")}
            description={t("settings.metastore.lifetimeHint")}
            min={0}
            max={365}
            {...form.getInputProps("days")}
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

function Quotas() {
  const { t } = useTranslation();
  const quotas = useQuery({
    queryKey: ["quotas"],
    queryFn: () =>
      allPages<Quota>(async (token) => {
        const page = await body(
          api.GET("/api/2.1/unity-catalog/resource-quotas/all-resource-quotas", {
            params: { query: { max_results: 0, ...(token && { page_token: token }) } },
          }),
        );
        return { items: page.quotas ?? [], next: page.next_page_token };
      }),
  });
  // The largest parts first: those that somebody may have to act on.
  const some = (quotas.data ?? [])
    .toSorted((a, b) => b.quota_count / b.quota_limit - a.quota_count / a.quota_limit)
    .slice(0, 12);
  return (
    <Section
      title={t("settings.metastore.quotas")}
      description={t("settings.metastore.quotasText")}
    >
      {quotas.error && <ErrorNotice error={quotas.error} />}
      <Table.ScrollContainer minWidth={420}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("settings.metastore.quota")}</Table.Th>
              <Table.Th ta="end">{t("settings.metastore.used")}</Table.Th>
              <Table.Th w={180}>{t("settings.metastore.share")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {some.map((one) => (
              <Table.Tr key={`${one.parent_full_name} ${one.quota_name}`}>
                <Table.Td>
                  {one.quota_name}
                  {one.parent_securable_type !== "METASTORE" && (
                    <Text size="xs" c="dimmed">
                      {one.parent_full_name}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td ta="end">
                  {count(one.quota_count)} / {count(one.quota_limit)}
                </Table.Td>
                <Table.Td>
                  <Progress
                    value={(100 * one.quota_count) / one.quota_limit}
                    aria-label={one.quota_name}
                    color={one.quota_count > 0.9 * one.quota_limit ? "red" : "water"}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}
