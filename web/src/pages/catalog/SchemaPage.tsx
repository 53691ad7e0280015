// pages/catalog/SchemaPage.tsx -- one schema: its tables, however many, and who may do what with it.
import { Button, Modal } from "@mantine/core";
import { IconPlus, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import { findTables, listTables, type TableInfo, type TableSummary } from "~/api/unity";
import { timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { Permissions } from "~/parts/Permissions";
import { SecurableLink } from "~/parts/securable";
import { UrlTabs } from "~/parts/UrlTabs";
import { RegisterTable } from "./RegisterTable";
import { SecurableHeader } from "./SecurableHeader";

export function SchemaPage({ fullName }: { fullName: string }) {
  const { t } = useTranslation();
  const schema = useQuery({
    queryKey: ["schema", fullName],
    queryFn: () =>
      body(
        api.GET("/api/2.1/unity-catalog/schemas/{full_name}", {
          params: { path: { full_name: fullName } },
        }),
      ),
  });
  return (
    <SecurableHeader type="schema" name={fullName} query={schema}>
      <UrlTabs
        label={fullName}
        tabs={[
          {
            value: "tables",
            label: t("catalog.tables"),
            content: () => <Tables schema={fullName} />,
          },
          {
            value: "permissions",
            label: t("catalog.permissions"),
            content: () => <Permissions type="schema" name={fullName} />,
          },
        ]}
      />
    </SecurableHeader>
  );
}

type TableRow = TableSummary & Partial<TableInfo>;

const lastName = (one: TableRow) => one.full_name.split(".").at(-1);

function Tables({ schema }: { schema: string }) {
  const { t } = useTranslation();
  const [catalog = "", name = ""] = schema.split(".");
  const all = usePages<TableRow>(["tables", schema, "list"], (token) =>
    listTables(catalog, name, token),
  );
  // A list that is not all there is searched by the server.
  const [words, setWords] = useState("");
  const searched = words !== "" && all.hasMore;
  const found = usePages<TableRow>(
    ["tables", schema, "found", words],
    (token) => findTables(catalog, name, words, token),
    { enabled: searched },
  );
  const tables = searched ? found : all;
  const [adding, setAdding] = useState(false);
  const columns: Column<TableRow>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: lastName,
      cell: (one) => <SecurableLink type="table" name={one.full_name} label={lastName(one)} />,
      width: "minmax(200px, 2fr)",
    },
    {
      id: "comment",
      label: t("catalog.comment"),
      value: (one) => one.comment,
      wide: true,
      width: "minmax(140px, 2fr)",
    },
    {
      id: "type",
      label: t("catalog.type"),
      value: (one) => one.table_type,
      wide: true,
      width: "120px",
    },
    { id: "owner", label: t("catalog.owner"), value: (one) => one.owner, wide: true },
    timeColumn({
      id: "updated",
      label: t("catalog.updated"),
      value: (one) => one.updated_at,
    }),
  ];
  const add = (
    <Button
      size="sm"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setAdding(true)}
    >
      {t("catalog.register.title")}
    </Button>
  );
  return (
    <>
      <DataTable
        {...tables}
        rows={tables.items}
        onFilter={setWords}
        onRetry={tables.refetch}
        label={t("catalog.tables")}
        columns={columns}
        rowKey={(one) => one.full_name}
        tools={add}
        empty={
          <EmptyState
            icon={IconTable}
            title={t("catalog.noTables")}
            text={t("catalog.noTablesText")}
            action={add}
          />
        }
      />
      <Modal
        opened={adding}
        onClose={() => setAdding(false)}
        title={t("catalog.register.title")}
        size="lg"
      >
        {adding && <RegisterTable schema={schema} onClose={() => setAdding(false)} />}
      </Modal>
    </>
  );
}
