// pages/settings/IssueToken.tsx -- a first token for somebody else, by an administrator.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { CopyField } from "~/parts/CopyField";
import { ErrorNotice } from "~/parts/ErrorNotice";

const kLifetime = 90 * 86_400;

interface Props {
  principal: string | undefined;
  onClose: () => void;
}

export function IssueToken({ principal, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={principal !== undefined}
      onClose={onClose}
      title={t("settings.people.issueTitle", { name: principal ?? "" })}
    >
      {principal !== undefined && <Issue principal={principal} onClose={onClose} />}
    </Modal>
  );
}

function Issue({ principal, onClose }: { principal: string; onClose: () => void }) {
  const { t } = useTranslation();
  const issue = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/2.0/token/create", {
          body: {
            principal,
            comment: t("settings.people.issueComment"),
            lifetime_seconds: kLifetime,
          },
        }),
      ),
  });
  return (
    <Stack>
      <Text size="sm">{t("settings.people.issueText", { name: principal })}</Text>
      {issue.data && (
        <CopyField value={issue.data.token_value} label={t("settings.tokens.theToken")} />
      )}
      {issue.error && <ErrorNotice error={issue.error} />}
      <Group justify="flex-end">
        {issue.data ? (
          <Button onClick={onClose}>{t("done")}</Button>
        ) : (
          <Button loading={issue.isPending} onClick={() => issue.mutate()}>
            {t("settings.people.issue")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
