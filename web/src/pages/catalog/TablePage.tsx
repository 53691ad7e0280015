// pages/catalog/TablePage.tsx -- one table: columns, rows, versions, statistics, rights, and where it is shared.
import { Button } from "@mantine/core";
import { IconPackageExport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type TableInfo, tableQuery } from "~/api/unity";
import { CopyField } from "~/parts/CopyField";
import { type Column, DataTable } from "~/parts/DataTable";
import { Facts } from "~/parts/Facts";
import { Permissions } from "~/parts/Permissions";
import { Section } from "~/parts/Section";
import { UrlTabs } from "~/parts/UrlTabs";
import { When } from "~/parts/When";
import { SecurableHeader } from "./SecurableHeader";
import { TableSample } from "./TableSample";
import { TableShares } from "./TableShares";
import { TableStatistics } from "./TableStatistics";
import { TableVersions } from "./TableVersions";

export function TablePage({ fullName }: { fullName: string }) {
  const { t } = useTranslation();
  const table = useQuery(tableQuery(fullName));
  return (
    <SecurableHeader
      type="table"
      name={fullName}
      query={table}
      actions={
        <Button
          component={Link}
          to="/share"
          search={{ table: fullName } as never}
          leftSection={<IconPackageExport size={16} aria-hidden />}
        >
          {t("catalog.share")}
        </Button>
      }
    >
      <UrlTabs
        label={fullName}
        tabs={[
          {
            value: "columns",
            label: t("catalog.tabs.columns"),
            content: () => table.data && <Columns table={table.data} />,
          },
          {
            value: "sample",
            label: t("catalog.tabs.sample"),
            content: () => <TableSample table={fullName} />,
          },
          {
            value: "versions",
            label: t("catalog.tabs.versions"),
            content: () => <TableVersions table={fullName} />,
          },
          {
            value: "statistics",
            label: t("catalog.tabs.statistics"),
            content: () => <TableStatistics table={fullName} />,
          },
          {
            value: "permissions",
            label: t("catalog.permissions"),
            content: () => <Permissions type="table" name={fullName} />,
          },
          {
            value: "shares",
            label: t("catalog.tabs.shares"),
            content: () => <TableShares table={fullName} />,
          },
          {
            value: "details",
            label: t("catalog.tabs.details"),
            content: () => table.data && <Details table={table.data} />,
          },
        ]}
      />
    </SecurableHeader>
  );
}

type ColumnInfo = NonNullable<TableInfo["columns"]>[number];

function Columns({ table }: { table: TableInfo }) {
  const { t } = useTranslation();
  const columns: Column<ColumnInfo>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.name,
      width: "minmax(140px, 1.4fr)",
    },
    {
      id: "type",
      label: t("catalog.type"),
      value: (one) => one.type_text,
      width: "minmax(120px, 1.4fr)",
    },
    {
      id: "nullable",
      label: t("catalog.nullable"),
      value: (one) => (one.nullable === false ? t("no") : t("yes")),
      wide: true,
      width: "110px",
    },
    {
      id: "partition",
      label: t("catalog.partition"),
      value: (one) => (one.partition_index === undefined ? null : Number(one.partition_index) + 1),
      wide: true,
      width: "110px",
    },
    {
      id: "comment",
      label: t("catalog.comment"),
      value: (one) => one.comment,
      wide: true,
      width: "minmax(140px, 3fr)",
    },
  ];
  return (
    <DataTable
      label={t("catalog.tabs.columns")}
      columns={columns}
      rows={table.columns ?? []}
      rowKey={(one) => one.name}
    />
  );
}

function Details({ table }: { table: TableInfo }) {
  const { t } = useTranslation();
  const properties = Object.entries(table.properties ?? {});
  return (
    <Section title={t("catalog.tabs.details")}>
      <Facts
        facts={[
          [
            t("catalog.fullName"),
            <CopyField key="n" value={table.full_name} label={t("catalog.fullName")} />,
          ],
          [t("catalog.type"), `${table.table_type}, ${table.data_source_format}`],
          ...(table.storage_location
            ? [[t("catalog.location"), table.storage_location] as [string, string]]
            : []),
          [t("catalog.id"), table.table_id],
          [t("catalog.madeBy"), table.created_by],
          [t("catalog.made"), <When key="c" ms={table.created_at} />],
          [t("catalog.changedBy"), table.updated_by],
          [t("catalog.updated"), <When key="u" ms={table.updated_at} />],
          ...properties.map(([key, value]) => [key, value] as [string, string]),
        ]}
      />
    </Section>
  );
}
