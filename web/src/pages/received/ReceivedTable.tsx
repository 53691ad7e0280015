// pages/received/ReceivedTable.tsx -- one table that is shared with me: columns, rows, what changed, how to read it.
import { Badge, Button, Stack, Text } from "@mantine/core";
import { IconHistory, IconMessage2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import {
  nameOf,
  type SharedColumn,
  type SharedTable,
  sharedColumnsQuery,
  sharedTablesQuery,
} from "~/api/sharing";
import type { components } from "~/api/unity.gen";
import { timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { PageHeader } from "~/parts/PageHeader";
import { SampleRows } from "~/parts/SampleRows";
import { SecurableIcon } from "~/parts/securable";
import { UrlTabs } from "~/parts/UrlTabs";
import { Waiting } from "~/parts/Waiting";
import { AskForm } from "./AskForm";
import { Programs } from "./Programs";

type Version = components["schemas"]["SharedTableVersion"];

export function ReceivedTable() {
  const { t } = useTranslation();
  const { table: name } = useParams({ strict: false }) as { table: string };
  const tables = useQuery(sharedTablesQuery);
  const table = tables.data?.find((one) => nameOf(one) === name);
  const [asking, setAsking] = useState(false);
  const above = [{ label: t("nav.received"), to: "/received" }];
  if (!tables.data) return <Waiting for={tables} page={{ title: name, above }} />;
  if (!table) {
    return (
      <>
        <PageHeader title={name} above={above} />
        <Text>{t("received.gone")}</Text>
      </>
    );
  }
  return (
    <>
      <PageHeader
        title={table.name}
        windowTitle={name}
        icon={<SecurableIcon type="table" size={28} />}
        above={above}
        description={name}
        actions={
          <Button
            variant="default"
            leftSection={<IconMessage2 size={16} aria-hidden />}
            onClick={() => setAsking(true)}
          >
            {t("received.ask.feedback")}
          </Button>
        }
      />
      <UrlTabs
        label={name}
        tabs={[
          {
            value: "columns",
            label: t("catalog.tabs.columns"),
            content: () => <Columns table={table} />,
          },
          {
            value: "sample",
            label: t("catalog.tabs.sample"),
            content: () => <Sample name={name} />,
          },
          {
            value: "changes",
            label: t("received.changes"),
            content: () => <Changes name={name} />,
          },
          { value: "read", label: t("received.read"), content: () => <Programs table={name} /> },
        ]}
      />
      <AskForm
        opened={asking}
        onClose={() => setAsking(false)}
        tables={tables.data}
        about={table}
      />
    </>
  );
}

function Columns({ table }: { table: SharedTable }) {
  const { t } = useTranslation();
  const columns = useQuery(sharedColumnsQuery(table));
  const shown: Column<SharedColumn>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.name,
      width: "minmax(140px, 1.4fr)",
    },
    {
      id: "type",
      label: t("catalog.type"),
      value: (one) => one.type,
      width: "minmax(120px, 1.4fr)",
    },
    {
      id: "nullable",
      label: t("catalog.nullable"),
      value: (one) => (one.nullable ? t("yes") : t("no")),
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
      columns={shown}
      rows={columns.data ?? []}
      rowKey={(one) => one.name}
      isLoading={columns.isLoading}
      error={columns.error}
      onRetry={() => void columns.refetch()}
    />
  );
}

function Sample({ name }: { name: string }) {
  const { t } = useTranslation();
  const sample = useQuery({
    queryKey: ["received", "sample", name],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/2.1/sluice/recipient/tables/{shared_name}/sample", {
          params: { path: { shared_name: name }, query: { limit: 100 } },
          signal,
        }),
      ),
  });
  if (!sample.data) return <Waiting for={sample} />;
  return <SampleRows sample={sample.data} label={t("recipients.seeAs.rowsOf", { table: name })} />;
}

function Changes({ name }: { name: string }) {
  const { t } = useTranslation();
  const versions = usePages<Version>(["received", "versions", name], async (token, signal) => {
    const page = await body(
      api.GET("/api/2.1/sluice/recipient/tables/{shared_name}/versions", {
        params: { path: { shared_name: name }, query: token ? { page_token: token } : {} },
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
      width: "110px",
    },
    timeColumn({
      id: "time",
      label: t("catalog.versions.when"),
      value: (one) => one.timestamp,
      width: "minmax(120px, 1fr)",
    }),
    {
      id: "operation",
      label: t("catalog.versions.operation"),
      value: (one) => one.operation,
      cell: (one) => (
        <>
          {one.operation ?? t("unknown")}{" "}
          {one.schema_changed && <Badge size="sm">{t("catalog.versions.schema")}</Badge>}
        </>
      ),
      width: "minmax(140px, 2fr)",
    },
  ];
  return (
    <Stack gap="sm">
      <DataTable
        {...versions}
        rows={versions.items}
        onRetry={versions.refetch}
        label={t("received.changes")}
        columns={columns}
        rowKey={(one) => String(one.version)}
        filterable={false}
        empty={<EmptyState icon={IconHistory} title={t("received.noChanges")} />}
      />
    </Stack>
  );
}
