// pages/recipients/RecipientList.tsx -- everybody outside whom something can be shared with.
import { Badge, Button } from "@mantine/core";
import { IconPlus, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePages } from "~/api/pages";
import { listRecipients, type RecipientInfo } from "~/api/unity";
import { timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableLink } from "~/parts/securable";
import { When } from "~/parts/When";
import { CreateRecipient } from "./CreateRecipient";
import { stateOf } from "./state";

export function RecipientState({ recipient }: { recipient: RecipientInfo }) {
  const { t } = useTranslation();
  const state = stateOf(recipient);
  const colors = {
    platform: "gray",
    waiting: "yellow",
    active: "teal",
    expiring: "orange",
    expired: "red",
  };
  return <Badge color={colors[state]}>{t(`recipients.state.${state}`)}</Badge>;
}

export function RecipientList() {
  const { t } = useTranslation();
  const recipients = usePages(["recipients"], listRecipients);
  const [creating, setCreating] = useState(false);
  const columns: Column<RecipientInfo>[] = [
    {
      id: "name",
      label: t("recipients.name"),
      value: (one) => one.name,
      cell: (one) => <SecurableLink type="recipient" name={one.name} />,
      width: "minmax(150px, 2fr)",
    },
    {
      id: "state",
      label: t("recipients.stateLabel"),
      value: (one) => t(`recipients.state.${stateOf(one)}`),
      cell: (one) => <RecipientState recipient={one} />,
      width: "minmax(155px, 1fr)",
    },
    {
      id: "expires",
      label: t("recipients.expires"),
      value: (one) => lastExpiry(one),
      cell: (one) => <When ms={lastExpiry(one)} />,
      wide: true,
    },
    {
      id: "comment",
      label: t("recipients.comment"),
      value: (one) => one.comment,
      wide: true,
      width: "minmax(140px, 2fr)",
    },
    { id: "owner", label: t("recipients.owner"), value: (one) => one.owner, wide: true },
    timeColumn({
      id: "created",
      label: t("recipients.created"),
      value: (one) => one.created_at,
      wide: true,
    }),
  ];
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t("recipients.create")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("recipients.title")}
        description={t("recipients.description")}
        actions={create}
      />
      <DataTable
        {...recipients}
        rows={recipients.items}
        onRetry={recipients.refetch}
        label={t("recipients.title")}
        columns={columns}
        rowKey={(one) => one.name}
        empty={
          <EmptyState
            icon={IconUsers}
            title={t("recipients.emptyTitle")}
            text={t("recipients.emptyText")}
            action={create}
          />
        }
      />
      <CreateRecipient opened={creating} onClose={() => setCreating(false)} />
    </>
  );
}

// Of tokens that were fetched: when the last of them ends.
function lastExpiry(recipient: RecipientInfo): number | undefined {
  const times = (recipient.tokens ?? [])
    .filter((token) => !token.activation_url)
    .map((token) => token.expiration_time);
  return times.length === 0 || times.some((time) => time === undefined)
    ? undefined
    : Math.max(...times.map(Number));
}
