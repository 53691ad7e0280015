// pages/catalog/CatalogPage.tsx -- one catalog: its schemas, and who may do what with it.
import { Button, Modal } from "@mantine/core";
import { IconFolder, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import { listSchemas, type SchemaInfo, useChanged } from "~/api/unity";
import { timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { NewNamed } from "~/parts/NewNamed";
import { Permissions } from "~/parts/Permissions";
import { SecurableLink } from "~/parts/securable";
import { UrlTabs } from "~/parts/UrlTabs";
import { SecurableHeader } from "./SecurableHeader";

export function CatalogPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const catalog = useQuery({
    queryKey: ["catalog", name],
    queryFn: () =>
      body(api.GET("/api/2.1/unity-catalog/catalogs/{name}", { params: { path: { name } } })),
  });
  return (
    <SecurableHeader type="catalog" name={name} query={catalog}>
      <UrlTabs
        label={name}
        tabs={[
          {
            value: "schemas",
            label: t("catalog.schemas"),
            content: () => <Schemas catalog={name} />,
          },
          {
            value: "permissions",
            label: t("catalog.permissions"),
            content: () => <Permissions type="catalog" name={name} />,
          },
        ]}
      />
    </SecurableHeader>
  );
}

function Schemas({ catalog }: { catalog: string }) {
  const { t } = useTranslation();
  const schemas = usePages(["schemas", catalog], (token) => listSchemas(catalog, token));
  const [creating, setCreating] = useState(false);
  const changed = useChanged();
  const columns: Column<SchemaInfo>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.name,
      cell: (one) => <SecurableLink type="schema" name={one.full_name} label={one.name} />,
      width: "minmax(160px, 2fr)",
    },
    {
      id: "comment",
      label: t("catalog.comment"),
      value: (one) => one.comment,
      wide: true,
      width: "minmax(160px, 3fr)",
    },
    { id: "owner", label: t("catalog.owner"), value: (one) => one.owner, wide: true },
    timeColumn({
      id: "updated",
      label: t("catalog.updated"),
      value: (one) => one.updated_at,
    }),
  ];
  const create = (
    <Button
      size="sm"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setCreating(true)}
    >
      {t("catalog.createSchema")}
    </Button>
  );
  return (
    <>
      <DataTable
        {...schemas}
        rows={schemas.items}
        onRetry={schemas.refetch}
        label={t("catalog.schemas")}
        columns={columns}
        rowKey={(one) => one.full_name}
        tools={create}
        empty={<EmptyState icon={IconFolder} title={t("catalog.noSchemas")} action={create} />}
      />
      <Modal opened={creating} onClose={() => setCreating(false)} title={t("catalog.createSchema")}>
        {creating && (
          <NewNamed
            action={t("catalog.createSchema")}
            onClose={() => setCreating(false)}
            onCreate={async ({ name, comment }) => {
              await body(
                api.POST("/api/2.1/unity-catalog/schemas", {
                  body: { name, catalog_name: catalog, ...(comment && { comment }) },
                }),
              );
              await changed("schemas");
            }}
          />
        )}
      </Modal>
    </>
  );
}
