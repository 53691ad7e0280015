// pages/catalog/TableStatistics.tsx -- how large a table is, how it is laid out, and what its columns hold.
import { Badge, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import type { components } from "~/api/unity.gen";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { Section } from "~/parts/Section";
import { bytes, count } from "~/parts/time";
import { Waiting } from "~/parts/Waiting";

type ColumnStatistics = components["schemas"]["ColumnStatistics"];
type TablePartition = components["schemas"]["TablePartition"];

export function TableStatistics({ table }: { table: string }) {
  const { t } = useTranslation();
  const statistics = useQuery({
    queryKey: ["table", table, "statistics"],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/2.1/sluice/tables/{full_name}/statistics", {
          params: { path: { full_name: table } },
          signal,
        }),
      ),
  });
  const told = statistics.data;
  if (!told) return <Waiting for={statistics} />;
  const figures: [string, string][] = [
    [
      t("catalog.statistics.rows"),
      told.num_records === null ? t("unknown") : count(Number(told.num_records)),
    ],
    [t("catalog.statistics.files"), count(Number(told.num_files))],
    [t("catalog.statistics.size"), bytes(Number(told.size_bytes))],
    [t("catalog.versions.version"), count(Number(told.version))],
  ];
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        {figures.map(([label, value]) => (
          <Paper key={label} withBorder p="md">
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <Text fw={650} size="xl" className="tabular">
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
      {told.columns.length > 0 && (
        <Section
          title={t("catalog.statistics.columns")}
          description={t("catalog.statistics.columnsText")}
        >
          <ColumnTable columns={told.columns} />
        </Section>
      )}
      {told.partition_columns.length > 0 && (
        <Section title={t("catalog.statistics.partitions")}>
          <Partitions table={table} columns={told.partition_columns} />
        </Section>
      )}
      <Section title={t("catalog.statistics.features")}>
        <Group gap={6}>
          <Badge variant="outline" color="gray">
            {t("catalog.statistics.protocol", {
              reader: told.min_reader_version,
              writer: told.min_writer_version,
            })}
          </Badge>
          {[...new Set([...told.reader_features, ...told.writer_features])].map((feature) => (
            <Badge key={feature} variant="light" tt="none">
              {feature}
            </Badge>
          ))}
        </Group>
      </Section>
    </Stack>
  );
}

function ColumnTable({ columns }: { columns: ColumnStatistics[] }) {
  const { t } = useTranslation();
  const shown: Column<ColumnStatistics>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.name,
      width: "minmax(140px, 1.4fr)",
    },
    { id: "type", label: t("catalog.type"), value: (one) => one.type_text, wide: true },
    { id: "min", label: t("catalog.statistics.min"), value: (one) => text(one.min) },
    { id: "max", label: t("catalog.statistics.max"), value: (one) => text(one.max) },
    {
      id: "nulls",
      label: t("catalog.statistics.nulls"),
      value: (one) =>
        one.null_count === null || one.null_count === undefined ? null : Number(one.null_count),
      cell: (one) =>
        one.null_count === null || one.null_count === undefined
          ? "–"
          : count(Number(one.null_count)),
      wide: true,
      align: "end",
      width: "100px",
    },
  ];
  return (
    <DataTable
      label={t("catalog.statistics.columns")}
      columns={shown}
      rows={columns}
      rowKey={(one) => one.name}
      filterable={columns.length > 15}
      maxHeight={420}
    />
  );
}

const text = (value: unknown) =>
  value === undefined || value === null
    ? null
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);

function Partitions({ table, columns }: { table: string; columns: string[] }) {
  const { t } = useTranslation();
  const partitions = usePages<TablePartition>(
    ["table", table, "partitions"],
    async (token, signal) => {
      const page = await body(
        api.GET("/api/2.1/sluice/tables/{full_name}/partitions", {
          params: { path: { full_name: table }, query: token ? { page_token: token } : {} },
          signal,
        }),
      );
      return { items: page.partitions ?? [], next: page.next_page_token };
    },
  );
  const shown: Column<TablePartition>[] = [
    ...columns.map<Column<TablePartition>>((column) => ({
      id: `value ${column}`,
      label: column,
      value: (one) => one.values[column] ?? "NULL",
    })),
    {
      id: "files",
      label: t("catalog.statistics.files"),
      value: (one) => Number(one.num_files),
      cell: (one) => count(Number(one.num_files)),
      wide: true,
      align: "end",
      width: "100px",
    },
    {
      id: "bytes",
      label: t("catalog.statistics.size"),
      value: (one) => Number(one.size_bytes),
      cell: (one) => bytes(Number(one.size_bytes)),
      align: "end",
      width: "120px",
    },
    {
      id: "rows",
      label: t("catalog.statistics.rows"),
      value: (one) => (one.num_records === null ? null : Number(one.num_records)),
      cell: (one) => (one.num_records === null ? "–" : count(Number(one.num_records))),
      wide: true,
      align: "end",
      width: "120px",
    },
  ];
  return (
    <DataTable
      {...partitions}
      rows={partitions.items}
      onRetry={partitions.refetch}
      label={t("catalog.statistics.partitions")}
      columns={shown}
      rowKey={(one) => JSON.stringify(one.values)}
      maxHeight={420}
      empty={<EmptyState icon={IconChartBar} title={t("catalog.statistics.noPartitions")} />}
    />
  );
}
