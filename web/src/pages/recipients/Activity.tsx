// pages/recipients/Activity.tsx -- what a recipient read, and when last.
import { Anchor, Stack } from "@mantine/core";
import { IconActivity } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import type { components } from "~/api/unity.gen";
import { bytesColumn, countColumn, timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";

type Row = components["schemas"]["AuditSummaryRow"];

export function Activity({ recipient }: { recipient: string }) {
  const { t } = useTranslation();
  const summary = useQuery({
    queryKey: ["audit", "summary", recipient],
    queryFn: async () =>
      (
        await body(
          api.GET("/api/2.1/sluice/audit-summary", {
            params: { query: { recipient_name: recipient } },
          }),
        )
      ).rows,
  });
  const columns: Column<Row>[] = [
    {
      id: "table",
      label: t("recipients.access.table"),
      value: (row) => `${row.share_name}.${row.table_name}`,
      width: "minmax(180px, 2fr)",
    },
    countColumn({
      id: "accesses",
      label: t("recipients.activity.accesses"),
      value: (row) => row.accesses,
    }),
    bytesColumn({
      id: "bytes",
      label: t("recipients.activity.bytes"),
      value: (row) => row.bytes_read,
    }),
    timeColumn({
      id: "last",
      label: t("recipients.activity.last"),
      value: (row) => row.last_access,
      wide: true,
    }),
  ];
  return (
    <Stack gap="sm">
      <Anchor component={Link} to="/audit" search={{ recipient } as never} size="sm">
        {t("recipients.activity.all")}
      </Anchor>
      <DataTable
        label={t("recipients.tabs.activity")}
        columns={columns}
        rows={summary.data ?? []}
        rowKey={(row) => `${row.share_name} ${row.table_name}`}
        isLoading={summary.isLoading}
        error={summary.error}
        onRetry={() => void summary.refetch()}
        initialSort={{ id: "last", desc: true }}
        empty={
          <EmptyState
            icon={IconActivity}
            title={t("recipients.activity.emptyTitle")}
            text={t("recipients.activity.emptyText")}
          />
        }
      />
    </Stack>
  );
}
