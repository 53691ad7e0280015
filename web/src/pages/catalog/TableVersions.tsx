// pages/catalog/TableVersions.tsx -- who changed a table, when, and by which operation.
import { Badge, Group, Stack, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import type { components } from "~/api/unity.gen";
import { timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { bytes, count } from "~/parts/time";

type Version = components["schemas"]["TableVersion"];

export function TableVersions({ table }: { table: string }) {
  const { t } = useTranslation();
  const versions = usePages<Version>(["table", table, "versions"], async (token, signal) => {
    const page = await body(
      api.GET("/api/2.1/sluice/tables/{full_name}/versions", {
        params: { path: { full_name: table }, query: token ? { page_token: token } : {} },
        signal,
      }),
    );
    return { items: page.versions ?? [], next: page.next_page_token };
  });
  const columns: Column<Version>[] = [
    {
      id: "version",
      label: t("catalog.versions.version"),
      value: (one) => Number(one.version),
      width: "90px",
    },
    timeColumn({
      id: "time",
      label: t("catalog.versions.when"),
      value: (one) => one.timestamp,
    }),
    {
      id: "operation",
      label: t("catalog.versions.operation"),
      value: (one) => one.operation,
      cell: (one) => (
        <Stack gap={2}>
          <Group gap={6}>
            <Text size="sm">{one.operation ?? t("unknown")}</Text>
            {one.schema_changed && <Badge size="sm">{t("catalog.versions.schema")}</Badge>}
            {one.protocol_changed && <Badge size="sm">{t("catalog.versions.protocol")}</Badge>}
          </Group>
          {one.operation_parameters && (
            <Text size="xs" c="dimmed" lineClamp={2} className="break-anywhere">
              {Object.entries(one.operation_parameters)
                .map(([key, value]) => `${key}: ${value}`)
                .join(", ")}
            </Text>
          )}
        </Stack>
      ),
      width: "minmax(160px, 2fr)",
    },
    {
      id: "files",
      label: t("catalog.versions.files"),
      value: (one) => Number(one.num_added_files ?? 0),
      cell: (one) =>
        one.num_added_files === undefined
          ? "–"
          : `+${count(Number(one.num_added_files))} −${count(Number(one.num_removed_files ?? 0))}`,
      wide: true,
      align: "end",
      width: "120px",
    },
    {
      id: "bytes",
      label: t("catalog.versions.bytes"),
      value: (one) => Number(one.added_bytes ?? 0),
      cell: (one) => (one.added_bytes === undefined ? "–" : bytes(Number(one.added_bytes))),
      wide: true,
      align: "end",
      width: "110px",
    },
    {
      id: "who",
      label: t("catalog.versions.who"),
      value: (one) => one.user_name ?? one.engine_info,
      wide: true,
      width: "minmax(140px, 1.4fr)",
    },
  ];
  return (
    <DataTable
      {...versions}
      rows={versions.items}
      onRetry={versions.refetch}
      label={t("catalog.tabs.versions")}
      columns={columns}
      rowKey={(one) => String(one.version)}
      empty={<EmptyState icon={IconHistory} title={t("catalog.versions.none")} />}
    />
  );
}
