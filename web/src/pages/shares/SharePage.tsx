// pages/shares/SharePage.tsx -- one share: what is in it, who gets it, and everything that can be changed.
import { Badge } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { type ShareInfo, shareGrantsQuery, shareQuery, useChanged } from "~/api/unity";
import { ConfirmDialog } from "~/parts/confirm";
import { EditDetails } from "~/parts/EditDetails";
import { EditOrDelete } from "~/parts/EditOrDelete";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableIcon } from "~/parts/securable";
import { UrlTabs } from "~/parts/UrlTabs";
import { Waiting } from "~/parts/Waiting";
import { When } from "~/parts/When";
import { ShareObjects } from "./ShareObjects";
import { ShareRecipients } from "./ShareRecipients";

export function SharePage() {
  const { t } = useTranslation();
  const { name } = useParams({ strict: false }) as { name: string };
  const share = useQuery(shareQuery(name));
  const above = [{ label: t("shares.title"), to: "/shares" }];
  if (!share.data) return <Waiting for={share} page={{ title: name, above }} />;
  return <Loaded share={share.data} above={above} />;
}

function Loaded({ share, above }: { share: ShareInfo; above: { label: string; to: string }[] }) {
  const { t } = useTranslation();
  const grants = useQuery(shareGrantsQuery(share.name));
  const [editing, edit] = useDisclosure();
  const [deleting, remove] = useDisclosure();
  const changed = useChanged();
  const navigate = useNavigate();
  const broken = (share.objects ?? []).filter((object) => object.status === "PERMISSION_DENIED");
  return (
    <>
      <PageHeader
        title={share.name}
        icon={<SecurableIcon type="share" size={28} />}
        badge={
          broken.length > 0 && (
            <Badge color="red">{t("shares.brokenCount", { count: broken.length })}</Badge>
          )
        }
        above={above}
        description={
          <>
            {share.comment && <div>{share.comment}</div>}
            <div>
              {t("shares.ownedBy", { owner: share.owner })} · {t("shares.updated")}{" "}
              <When ms={share.updated_at} />
            </div>
          </>
        }
        actions={
          <EditOrDelete
            onEdit={edit.open}
            onDelete={remove.open}
            deleteLabel={t("shares.deleteShare")}
          />
        }
      />
      <UrlTabs
        label={share.name}
        tabs={[
          {
            value: "tables",
            label: t("shares.tabs.tables", { count: share.objects?.length ?? 0 }),
            content: () => <ShareObjects share={share} recipients={grants.data?.length ?? 0} />,
          },
          {
            value: "recipients",
            label: t("shares.tabs.recipients", { count: grants.data?.length ?? 0 }),
            content: () => <ShareRecipients share={share.name} />,
          },
        ]}
      />
      <EditDetails
        opened={editing}
        onClose={edit.close}
        title={t("shares.editTitle", { name: share.name })}
        value={{ name: share.name, owner: share.owner, comment: share.comment ?? "" }}
        renameHint={t("shares.renameHint")}
        onSave={async (change) => {
          const saved = await body(
            api.PATCH("/api/2.1/unity-catalog/shares/{name}", {
              params: { path: { name: share.name } },
              body: change,
            }),
          );
          if (saved.name !== share.name) {
            await navigate({ to: "/shares/$name", params: { name: saved.name }, replace: true });
          }
          await changed("shares", "share");
        }}
      />
      <ConfirmDialog
        opened={deleting}
        onClose={remove.close}
        title={t("shares.deleteTitle", { name: share.name })}
        consequences={t("shares.deleteText", {
          tables: share.objects?.length ?? 0,
          count: grants.data?.length ?? 0,
          names: (grants.data ?? [])
            .slice(0, 10)
            .map((grant) => grant.principal)
            .join(", "),
        })}
        typed={share.name}
        action={t("shares.deleteShare")}
        onConfirm={async () => {
          await body(
            api.DELETE("/api/2.1/unity-catalog/shares/{name}", {
              params: { path: { name: share.name } },
            }),
          );
          await navigate({ to: "/shares" });
          await changed("shares", "recipient");
        }}
      />
    </>
  );
}
