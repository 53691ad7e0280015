// pages/recipients/RecipientPage.tsx -- one recipient: how it comes in, what it gets, what it read.
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { type RecipientInfo, recipientGrantsQuery, recipientQuery, useChanged } from "~/api/unity";
import { ConfirmDialog } from "~/parts/confirm";
import { EditDetails } from "~/parts/EditDetails";
import { EditOrDelete } from "~/parts/EditOrDelete";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableIcon } from "~/parts/securable";
import { UrlTabs } from "~/parts/UrlTabs";
import { Waiting } from "~/parts/Waiting";
import { When } from "~/parts/When";
import { Access } from "./Access";
import { Activity } from "./Activity";
import { Network } from "./Network";
import { Properties } from "./Properties";
import { RecipientState } from "./RecipientList";
import { Tokens } from "./Tokens";

export function RecipientPage() {
  const { t } = useTranslation();
  const { name } = useParams({ strict: false }) as { name: string };
  const recipient = useQuery(recipientQuery(name));
  const above = [{ label: t("recipients.title"), to: "/recipients" }];
  if (!recipient.data) return <Waiting for={recipient} page={{ title: name, above }} />;
  return <Loaded recipient={recipient.data} above={above} />;
}

interface LoadedProps {
  recipient: RecipientInfo;
  above: { label: string; to: string }[];
}

function Loaded({ recipient, above }: LoadedProps) {
  const { t } = useTranslation();
  const { name } = recipient;
  const grants = useQuery(recipientGrantsQuery(name));
  const [editing, edit] = useDisclosure();
  const [deleting, remove] = useDisclosure();
  const changed = useChanged();
  const navigate = useNavigate();
  const shares = (grants.data ?? []).map((grant) => grant.share_name);
  return (
    <>
      <PageHeader
        title={name}
        icon={<SecurableIcon type="recipient" size={28} />}
        badge={<RecipientState recipient={recipient} />}
        above={above}
        description={
          <>
            {recipient.comment && <div>{recipient.comment}</div>}
            <div>
              {t("shares.ownedBy", { owner: recipient.owner })} · {t("recipients.created")}{" "}
              <When ms={recipient.created_at} />
            </div>
          </>
        }
        actions={
          <EditOrDelete
            onEdit={edit.open}
            onDelete={remove.open}
            deleteLabel={t("recipients.deleteOne")}
          />
        }
      />
      <UrlTabs
        label={name}
        tabs={[
          {
            value: "access",
            label: t("recipients.tabs.access"),
            content: () => <Access recipient={name} />,
          },
          {
            value: "tokens",
            label: t("recipients.tabs.tokens"),
            content: () => <Tokens recipient={recipient} />,
          },
          {
            value: "network",
            label: t("recipients.tabs.network"),
            content: () => <Network key={name} recipient={recipient} />,
          },
          {
            value: "properties",
            label: t("recipients.tabs.properties"),
            content: () => <Properties key={name} recipient={recipient} />,
          },
          {
            value: "activity",
            label: t("recipients.tabs.activity"),
            content: () => <Activity recipient={name} />,
          },
        ]}
      />
      <EditDetails
        opened={editing}
        onClose={edit.close}
        title={t("shares.editTitle", { name })}
        value={{ name, owner: recipient.owner, comment: recipient.comment ?? "" }}
        renameHint={t("recipients.renameHint")}
        onSave={async (change) => {
          await body(
            api.PATCH("/api/2.1/unity-catalog/recipients/{name}", {
              params: { path: { name } },
              body: change,
            }),
          );
          if (change.new_name) {
            await navigate({
              to: "/recipients/$name",
              params: { name: change.new_name },
              replace: true,
            });
          }
          await changed("recipients", "recipient", "share");
        }}
      />
      <ConfirmDialog
        opened={deleting}
        onClose={remove.close}
        title={t("recipients.deleteTitle", { name })}
        consequences={t("recipients.deleteText", {
          name,
          count: shares.length,
          shares: shares.join(", "),
        })}
        typed={name}
        action={t("recipients.deleteOne")}
        onConfirm={async () => {
          await body(
            api.DELETE("/api/2.1/unity-catalog/recipients/{name}", { params: { path: { name } } }),
          );
          await navigate({ to: "/recipients" });
          await changed("recipients", "share");
        }}
      />
    </>
  );
}
