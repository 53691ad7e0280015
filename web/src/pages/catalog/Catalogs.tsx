// pages/catalog/Catalogs.tsx -- every catalog that one may see.
import { Button, Modal } from "@mantine/core";
import { IconDatabase, IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import { type CatalogInfo, listCatalogs, useChanged } from "~/api/unity";
import { timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { NewNamed } from "~/parts/NewNamed";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableLink } from "~/parts/securable";

export function Catalogs() {
  const { t } = useTranslation();
  const catalogs = usePages(["catalogs"], listCatalogs);
  const [creating, setCreating] = useState(false);
  const changed = useChanged();
  const navigate = useNavigate();
  const columns: Column<CatalogInfo>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.name,
      cell: (one) => <SecurableLink type="catalog" name={one.name} />,
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
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t("catalog.createCatalog")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("catalog.title")}
        description={t("catalog.description")}
        actions={create}
      />
      <DataTable
        {...catalogs}
        rows={catalogs.items}
        onRetry={catalogs.refetch}
        label={t("catalog.title")}
        columns={columns}
        rowKey={(one) => one.name}
        empty={
          <EmptyState
            icon={IconDatabase}
            title={t("catalog.emptyTitle")}
            text={t("catalog.emptyText")}
            action={create}
          />
        }
      />
      <Modal
        opened={creating}
        onClose={() => setCreating(false)}
        title={t("catalog.createCatalog")}
      >
        {creating && (
          <NewNamed
            action={t("catalog.createCatalog")}
            onClose={() => setCreating(false)}
            onCreate={async ({ name, comment }) => {
              await body(
                api.POST("/api/2.1/unity-catalog/catalogs", {
                  body: { name, ...(comment && { comment }) },
                }),
              );
              await changed("catalogs");
              await navigate({ to: "/catalog/$fullName", params: { fullName: name } });
            }}
          />
        )}
      </Modal>
    </>
  );
}
