// pages/recipients/Access.tsx -- what a recipient gets, by which grant, and exactly which rows.
import { Badge, Button, Drawer, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconEye, IconLock } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import type { components } from "~/api/unity.gen";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { SecurableLink } from "~/parts/securable";
import { Until } from "~/parts/When";
import { SeeAs } from "./SeeAs";

type RecipientTable = components["schemas"]["RecipientTable"];

export const sharedNameOf = (table: RecipientTable) =>
  `${table.share}.${table.schema}.${table.table}`;

export function Access({ recipient }: { recipient: string }) {
  const { t } = useTranslation();
  const [seen, setSeen] = useState<RecipientTable>();
  const tables = usePages<RecipientTable>(
    ["recipient", recipient, "tables"],
    async (token, signal) => {
      const page = await body(
        api.GET("/api/2.1/sluice/recipients/{name}/tables", {
          params: { path: { name: recipient }, query: token ? { page_token: token } : {} },
          signal,
        }),
      );
      return { items: page.tables ?? [], next: page.next_page_token };
    },
  );
  const columns: Column<RecipientTable>[] = [
    {
      id: "table",
      label: t("recipients.access.table"),
      value: sharedNameOf,
      cell: (table) => (
        <Group gap="xs" wrap="nowrap">
          <Text size="sm" className="break-anywhere">
            {sharedNameOf(table)}
          </Text>
          {table.status === "PERMISSION_DENIED" && (
            <Tooltip label={table.reason ?? t("shares.object.brokenHint")} multiline w={280}>
              <Badge color="red" tabIndex={0}>
                {t("shares.object.broken")}
              </Badge>
            </Tooltip>
          )}
        </Group>
      ),
      width: "minmax(110px, 2fr)",
    },
    {
      id: "source",
      label: t("recipients.access.source"),
      value: (table) => table.full_name,
      cell: (table) =>
        table.full_name ? <SecurableLink type="table" name={table.full_name} /> : "–",
      wide: true,
      width: "minmax(160px, 1.6fr)",
    },
    {
      id: "why",
      label: t("recipients.access.why"),
      value: (table) => t("recipients.access.through", { share: table.share }),
      cell: (table) => <SecurableLink type="share" name={table.share} />,
      wide: true,
    },
    {
      id: "rows",
      label: t("shares.object.rows"),
      value: (table) => table.partition_filter || t("shares.rows.allShort"),
      wide: true,
      width: "minmax(110px, 1.4fr)",
    },
    {
      id: "until",
      label: t("shares.who.until"),
      value: (table) => table.expiration_time,
      cell: (table) => <Until ms={table.expiration_time} />,
      wide: true,
      width: "110px",
    },
    {
      id: "see",
      label: "",
      value: () => "",
      width: "150px",
      align: "end",
      cell: (table) => (
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconEye size={15} aria-hidden />}
          aria-label={`${t("recipients.access.see")}: ${sharedNameOf(table)}`}
          onClick={() => setSeen(table)}
        >
          {t("recipients.access.see")}
        </Button>
      ),
    },
  ];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed" className="break-anywhere">
        {t("recipients.access.description", { name: recipient })}
      </Text>
      <DataTable
        {...tables}
        rows={tables.items}
        onRetry={tables.refetch}
        label={t("recipients.tabs.access")}
        columns={columns}
        rowKey={sharedNameOf}
        empty={
          <EmptyState
            icon={IconLock}
            title={t("recipients.access.emptyTitle")}
            text={t("recipients.access.emptyText")}
          />
        }
      />
      <Drawer
        opened={seen !== undefined}
        onClose={() => setSeen(undefined)}
        position="right"
        size="xl"
        title={
          seen && t("recipients.access.seeTitle", { name: recipient, table: sharedNameOf(seen) })
        }
      >
        {seen && <SeeAs recipient={recipient} table={sharedNameOf(seen)} />}
      </Drawer>
    </Stack>
  );
}
