// pages/catalog/SecurableHeader.tsx -- the top of the page of a catalog, schema or table: what it is, whose,
// and how it is changed or deleted.
import { useDisclosure } from "@mantine/hooks";
import type { UseQueryResult } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import { ConfirmDialog } from "~/parts/confirm";
import { type DetailsChange, EditDetails } from "~/parts/EditDetails";
import { EditOrDelete } from "~/parts/EditOrDelete";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableIcon } from "~/parts/securable";
import { parentsOf } from "~/parts/useCatalogTree";
import { Waiting } from "~/parts/Waiting";
import { When } from "~/parts/When";

type Kind = "catalog" | "schema" | "table";

interface Info {
  owner: string;
  comment?: string | undefined;
  updated_at: number;
  updated_by: string;
}

interface Props {
  type: Kind;
  name: string;
  query: UseQueryResult<Info>;
  actions?: ReactNode;
  children: ReactNode;
}

function useChange(type: Kind, name: string) {
  const changed = useChanged();
  const kinds = ["catalogs", "catalog", "schemas", "schema", "tables", "table"];
  return {
    update: async (change: DetailsChange) => {
      if (type === "catalog") {
        const params = { path: { name } };
        await body(api.PATCH("/api/2.1/unity-catalog/catalogs/{name}", { params, body: change }));
      } else if (type === "schema") {
        const params = { path: { full_name: name } };
        await body(
          api.PATCH("/api/2.1/unity-catalog/schemas/{full_name}", { params, body: change }),
        );
      } else {
        const { new_name: _, ...rest } = change;
        const params = { path: { full_name: name } };
        await body(api.PATCH("/api/2.1/unity-catalog/tables/{full_name}", { params, body: rest }));
      }
    },
    remove: async () => {
      if (type === "catalog") {
        await body(
          api.DELETE("/api/2.1/unity-catalog/catalogs/{name}", { params: { path: { name } } }),
        );
      } else if (type === "schema") {
        const params = { path: { full_name: name } };
        await body(api.DELETE("/api/2.1/unity-catalog/schemas/{full_name}", { params }));
      } else {
        const params = { path: { full_name: name } };
        await body(api.DELETE("/api/2.1/unity-catalog/tables/{full_name}", { params }));
      }
    },
    changed: () => changed(...kinds),
  };
}

export function SecurableHeader({ type, name, query, actions, children }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const change = useChange(type, name);
  const [editing, edit] = useDisclosure();
  const [deleting, remove] = useDisclosure();
  const above = [
    { label: t("catalog.title"), to: "/catalog" },
    ...parentsOf(name).map((parent) => ({
      label: parent.split(".").at(-1) ?? parent,
      to: `/catalog/${encodeURIComponent(parent)}`,
    })),
  ];
  const shortName = name.split(".").at(-1) ?? name;
  const info = query.data;
  if (!info) return <Waiting for={query} page={{ title: shortName, above }} />;
  const goTo = (fullName: string) =>
    navigate({ to: "/catalog/$fullName", params: { fullName }, replace: true });
  return (
    <>
      <PageHeader
        title={shortName}
        windowTitle={name}
        icon={<SecurableIcon type={type} size={28} />}
        above={above}
        description={
          <>
            {info.comment && <div>{info.comment}</div>}
            <div>
              {t("shares.ownedBy", { owner: info.owner })} · {t("catalog.updated")}{" "}
              <When ms={info.updated_at} />
            </div>
          </>
        }
        actions={
          <>
            {actions}
            <EditOrDelete
              onEdit={edit.open}
              onDelete={remove.open}
              deleteLabel={t(`catalog.delete.${type}`)}
            />
          </>
        }
      />
      {children}
      <EditDetails
        opened={editing}
        onClose={edit.close}
        title={t("shares.editTitle", { name })}
        value={{ name: shortName, owner: info.owner, comment: info.comment ?? "" }}
        {...(type !== "table" && { renameHint: t("catalog.renameHint") })}
        onSave={async (details) => {
          await change.update(details);
          if (details.new_name)
            await goTo([...name.split(".").slice(0, -1), details.new_name].join("."));
          await change.changed();
        }}
      />
      <ConfirmDialog
        opened={deleting}
        onClose={remove.close}
        title={t("catalog.deleteTitle", { name })}
        consequences={t(`catalog.deleteText.${type}`)}
        typed={shortName}
        action={t(`catalog.delete.${type}`)}
        onConfirm={async () => {
          await change.remove();
          const parent = parentsOf(name).at(-1);
          await (parent ? goTo(parent) : navigate({ to: "/catalog", replace: true }));
          await change.changed();
        }}
      />
    </>
  );
}
