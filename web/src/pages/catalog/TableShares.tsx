// pages/catalog/TableShares.tsx -- in which shares a table is, and who reads it there.
import { ActionIcon, Badge, Drawer, Group, Text, Tooltip } from "@mantine/core";
import { IconEye, IconPackageExport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import type { components } from "~/api/unity.gen";
import { SeeAs } from "~/pages/recipients/SeeAs";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { SecurableLink } from "~/parts/securable";
import { count } from "~/parts/time";

type TableShare = components["schemas"]["TableShare"];

export function TableShares({ table }: { table: string }) {
  const { t } = useTranslation();
  const [seen, setSeen] = useState<{ recipient: string; table: string }>();
  const shares = useQuery({
    queryKey: ["table", table, "shares"],
    queryFn: async () =>
      (
        await body(
          api.GET("/api/2.1/sluice/tables/{full_name}/shares", {
            params: { path: { full_name: table } },
          }),
        )
      ).shares,
  });
  const columns: Column<TableShare>[] = [
    {
      id: "share",
      label: t("catalog.shares.share"),
      value: (one) => one.share,
      cell: (one) => (
        <Group gap="xs">
          <SecurableLink type="share" name={one.share} />
          {one.shared_through === "SCHEMA" && <Badge size="sm">{t("catalog.shares.schema")}</Badge>}
        </Group>
      ),
      width: "minmax(150px, 1.4fr)",
    },
    { id: "as", label: t("shares.object.sharedAs"), value: (one) => one.shared_as, wide: true },
    {
      id: "rows",
      label: t("shares.object.rows"),
      value: (one) => one.partition_filter || t("shares.rows.allShort"),
      wide: true,
      width: "minmax(110px, 1.4fr)",
    },
    {
      id: "recipients",
      label: t("catalog.shares.recipients"),
      value: (one) => Number(one.num_recipients),
      cell: (one) => (
        <Group gap={8}>
          {one.recipients.slice(0, 5).map((name) => (
            <Group key={name} gap={2} wrap="nowrap">
              <SecurableLink type="recipient" name={name} />
              {one.status === "ACTIVE" && (
                <Tooltip label={t("catalog.shares.seeAs", { name })}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size="md"
                    aria-label={t("catalog.shares.seeAs", { name })}
                    onClick={() =>
                      setSeen({ recipient: name, table: `${one.share}.${one.shared_as}` })
                    }
                  >
                    <IconEye size={16} aria-hidden />
                  </ActionIcon>
                </Tooltip>
              )}
            </Group>
          ))}
          {Number(one.num_recipients) > 5 && (
            <Text size="sm" c="dimmed">
              {t("catalog.shares.more", { count: Number(one.num_recipients) - 5 })}
            </Text>
          )}
          {Number(one.num_recipients) === 0 && count(0)}
        </Group>
      ),
      width: "minmax(160px, 2fr)",
    },
  ];
  return (
    <>
      <DataTable
        label={t("catalog.tabs.shares")}
        columns={columns}
        rows={shares.data ?? []}
        rowKey={(one) => `${one.share} ${one.shared_as}`}
        isLoading={shares.isLoading}
        error={shares.error}
        onRetry={() => void shares.refetch()}
        filterable={(shares.data?.length ?? 0) > 15}
        empty={
          <EmptyState
            icon={IconPackageExport}
            title={t("catalog.shares.none")}
            text={t("catalog.shares.noneText")}
          />
        }
      />
      <Drawer
        opened={seen !== undefined}
        onClose={() => setSeen(undefined)}
        position="right"
        size="xl"
        title={seen && t("recipients.access.seeTitle", { name: seen.recipient, table: seen.table })}
      >
        {seen && <SeeAs {...seen} />}
      </Drawer>
    </>
  );
}
