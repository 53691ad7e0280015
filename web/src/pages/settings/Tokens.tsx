// pages/settings/Tokens.tsx -- one's own personal access tokens: for programs, and for signing in here.
import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconFingerprint, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { CopyField } from "~/parts/CopyField";
import { ConfirmDialog } from "~/parts/confirm";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { FormEnd } from "~/parts/FormEnd";
import { Section } from "~/parts/Section";
import { When } from "~/parts/When";

type Token = components["schemas"]["PublicTokenInfo"];

const kDays = [7, 30, 90, 365];

export function Tokens() {
  const { t } = useTranslation();
  const changed = useChanged();
  const tokens = useQuery({
    queryKey: ["tokens"],
    queryFn: async () => (await body(api.GET("/api/2.0/token/list"))).token_infos,
  });
  const [creating, setCreating] = useState(false);
  const [removed, setRemoved] = useState<Token>();
  const columns: Column<Token>[] = [
    {
      id: "comment",
      label: t("settings.tokens.purpose"),
      value: (one) => one.comment || t("settings.tokens.unnamed"),
      width: "minmax(160px, 2fr)",
    },
    {
      id: "created",
      label: t("catalog.made"),
      value: (one) => one.creation_time,
      cell: (one) => <When ms={one.creation_time} />,
      wide: true,
    },
    {
      id: "expires",
      label: t("settings.tokens.ends"),
      value: (one) => (one.expiry_time < 0 ? null : one.expiry_time),
      cell: (one) => (one.expiry_time < 0 ? t("never") : <When ms={one.expiry_time} />),
    },
    {
      id: "actions",
      label: "",
      value: () => "",
      width: "110px",
      align: "end",
      cell: (one) => (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={`${t("settings.tokens.revoke")}: ${one.comment || one.token_id}`}
          onClick={() => setRemoved(one)}
        >
          {t("settings.tokens.revoke")}
        </Button>
      ),
    },
  ];
  return (
    <Section
      title={t("settings.sections.tokens")}
      description={t("settings.tokens.description")}
      actions={
        <Button
          size="sm"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setCreating(true)}
        >
          {t("settings.tokens.create")}
        </Button>
      }
    >
      <DataTable
        label={t("settings.sections.tokens")}
        columns={columns}
        rows={tokens.data ?? []}
        rowKey={(one) => one.token_id}
        isLoading={tokens.isLoading}
        error={tokens.error}
        onRetry={() => void tokens.refetch()}
        filterable={(tokens.data?.length ?? 0) > 10}
        empty={<EmptyState icon={IconFingerprint} title={t("settings.tokens.none")} />}
      />
      <Modal
        opened={creating}
        onClose={() => setCreating(false)}
        title={t("settings.tokens.create")}
      >
        {creating && <CreateForm onClose={() => setCreating(false)} />}
      </Modal>
      <ConfirmDialog
        opened={removed !== undefined}
        onClose={() => setRemoved(undefined)}
        title={t("settings.tokens.revokeTitle")}
        consequences={t("settings.tokens.revokeText", {
          name: removed?.comment || t("settings.tokens.unnamed"),
        })}
        action={t("settings.tokens.revoke")}
        onConfirm={async () => {
          if (!removed) return;
          await body(api.POST("/api/2.0/token/delete", { body: { token_id: removed.token_id } }));
          await changed("tokens");
        }}
      />
    </Section>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [comment, setComment] = useState("");
  const [days, setDays] = useState("90");
  const create = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/2.0/token/create", {
          body: { comment, lifetime_seconds: Number(days) * 86_400 },
        }),
      ),
    onSuccess: () => changed("tokens"),
  });
  if (create.data) {
    return (
      <Stack>
        <Text size="sm">{t("settings.tokens.madeText")}</Text>
        <CopyField value={create.data.token_value} label={t("settings.tokens.theToken")} />
        <Alert color="yellow" p="sm">
          {t("settings.tokens.once")}
        </Alert>
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("done")}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <Stack>
        <TextInput
          label={t("settings.tokens.purpose")}
          description={t("settings.tokens.purposeHint")}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
          data-autofocus
          required
        />
        <Select
          label={t("settings.tokens.lifetime")}
          data={kDays.map((value) => ({
            value: String(value),
            label: t("settings.tokens.days", { count: value }),
          }))}
          value={days}
          allowDeselect={false}
          onChange={(value) => value && setDays(value)}
        />
        <FormEnd of={create} onCancel={onClose}>
          {t("settings.tokens.create")}
        </FormEnd>
      </Stack>
    </form>
  );
}
