// pages/shares/ShareRecipients.tsx -- who gets a share.
import { ActionIcon, Button, Group, Modal, Stack, Tooltip } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { IconCalendarTime, IconPlus, IconUserMinus, IconUsers } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  changeShareGrants,
  type PrivilegeAssignment,
  shareGrantsQuery,
  useChanged,
} from "~/api/unity";
import { CopyField } from "~/parts/CopyField";
import { ConfirmDialog } from "~/parts/confirm";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { EndDialog } from "~/parts/EndDialog";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { SecurableLink } from "~/parts/securable";
import { Until } from "~/parts/When";
import { useGiving } from "./giving";
import { type Chosen, RecipientPicker, useChosenProblem } from "./RecipientPicker";

export function ShareRecipients({ share }: { share: string }) {
  const { t } = useTranslation();
  const grants = useQuery(shareGrantsQuery(share));
  const changed = useChanged();
  const [adding, setAdding] = useState(false);
  const [revoked, setRevoked] = useState<string>();
  const [changing, setChanging] = useState<PrivilegeAssignment>();
  const columns: Column<PrivilegeAssignment>[] = [
    {
      id: "recipient",
      label: t("shares.who.recipient"),
      value: (grant) => grant.principal,
      cell: (grant) => <SecurableLink type="recipient" name={grant.principal} />,
      width: "minmax(90px, 2fr)",
    },
    {
      id: "until",
      label: t("shares.who.until"),
      value: (grant) => grant.expires_at?.SELECT,
      cell: (grant) => <Until ms={grant.expires_at?.SELECT} />,
      width: "minmax(90px, 1fr)",
    },
    {
      id: "actions",
      label: "",
      value: () => "",
      width: "100px",
      align: "end",
      cell: (grant) => (
        <Group gap={4} wrap="nowrap">
          <Tooltip label={t("shares.who.changeEnd")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="md"
              aria-label={`${t("shares.who.changeEnd")}: ${grant.principal}`}
              onClick={() => setChanging(grant)}
            >
              <IconCalendarTime size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("shares.who.revoke")}>
            <ActionIcon
              variant="subtle"
              color="red"
              size="md"
              aria-label={`${t("shares.who.revoke")}: ${grant.principal}`}
              onClick={() => setRevoked(grant.principal)}
            >
              <IconUserMinus size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      ),
    },
  ];
  const add = (
    <Button
      size="sm"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setAdding(true)}
    >
      {t("shares.who.add")}
    </Button>
  );
  return (
    <>
      <DataTable
        label={t("shares.tabs.recipientsPlain")}
        columns={columns}
        rows={grants.data ?? []}
        rowKey={(grant) => grant.principal}
        isLoading={grants.isLoading}
        error={grants.error}
        onRetry={() => void grants.refetch()}
        tools={add}
        empty={
          <EmptyState
            icon={IconUsers}
            title={t("shares.who.emptyTitle")}
            text={t("shares.who.emptyText")}
            action={add}
          />
        }
      />
      <Modal opened={adding} onClose={() => setAdding(false)} title={t("shares.who.add")} size="lg">
        {adding && (
          <AddForm
            share={share}
            taken={(grants.data ?? []).map((grant) => grant.principal)}
            onClose={() => setAdding(false)}
          />
        )}
      </Modal>
      {changing && (
        <EndDialog
          onClose={() => setChanging(undefined)}
          title={t("shares.who.endTitle", { recipient: changing.principal, share })}
          hint={t("shares.who.untilHint")}
          ends={changing.expires_at?.SELECT}
          clearable
          onSave={async (expires_at) => {
            await changeShareGrants(share, { add: [changing.principal], expires_at });
            await changed("share", "recipient");
          }}
        />
      )}
      <ConfirmDialog
        opened={revoked !== undefined}
        onClose={() => setRevoked(undefined)}
        title={t("shares.who.revokeTitle", { recipient: revoked ?? "", share })}
        consequences={t("shares.who.revokeText", { recipient: revoked ?? "", share })}
        action={t("shares.who.revoke")}
        onConfirm={async () => {
          if (!revoked) return;
          await changeShareGrants(share, { remove: [revoked] });
          await changed("share", "recipient");
        }}
      />
    </>
  );
}

function AddForm({
  share,
  taken,
  onClose,
}: {
  share: string;
  taken: string[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [chosen, setChosen] = useState<Chosen>({ existing: [], fresh: [] });
  const [expires, setExpires] = useState<string | null>(null);
  const giving = useGiving();
  const problem = useChosenProblem(chosen, giving.isMade);
  const add = useMutation({
    mutationFn: () => giving.give(share, chosen, expires),
    onSuccess: (links) => {
      if (links.length === 0) onClose();
    },
    // What was made is there, whatever came of the rest.
    onSettled: () => changed("share", "recipients", "recipient"),
  });
  if (add.data && add.data.length > 0) {
    return (
      <Stack>
        {t("shares.wizard.linksText", { count: add.data.length })}
        {add.data.map(({ recipient, url }) => (
          <CopyField key={recipient} value={url} label={t("shares.wizard.linkOf", { recipient })} />
        ))}
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("done")}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack>
      <RecipientPicker value={chosen} onChange={setChosen} problem={problem} taken={taken} />
      <DateTimePicker
        label={t("shares.who.until")}
        description={t("shares.who.untilHint")}
        value={expires}
        onChange={setExpires}
        minDate={new Date()}
        clearable
        clearButtonProps={{ "aria-label": t("remove") }}
      />
      {add.error && <ErrorNotice error={add.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button
          disabled={chosen.existing.length + chosen.fresh.length === 0 || problem !== undefined}
          loading={add.isPending}
          onClick={() => add.mutate()}
        >
          {t("shares.who.add")}
        </Button>
      </Group>
    </Stack>
  );
}
