// pages/recipients/Tokens.tsx -- the tokens of a recipient: the link that waits, those that work, a new one.
import { Alert, Badge, Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { IconCalendarTime, IconKey, IconRefresh } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { type RecipientInfo, useChanged } from "~/api/unity";
import { CopyField } from "~/parts/CopyField";
import { EmptyState } from "~/parts/EmptyState";
import { EndDialog } from "~/parts/EndDialog";
import { Facts } from "~/parts/Facts";
import { FormEnd } from "~/parts/FormEnd";
import { Section } from "~/parts/Section";
import { When } from "~/parts/When";

type Token = NonNullable<RecipientInfo["tokens"]>[number];

export function Tokens({ recipient }: { recipient: RecipientInfo }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [rotating, setRotating] = useState(false);
  const [ending, setEnding] = useState(false);
  if (recipient.authentication_type !== "TOKEN") {
    return <EmptyState icon={IconKey} title={t("recipients.tokens.platform")} />;
  }
  const tokens = recipient.tokens ?? [];
  const waiting = tokens.filter((token) => token.activation_url);
  return (
    <Stack>
      {waiting.map((token) => (
        <Alert key={token.id} color="yellow" title={t("recipients.tokens.waitingTitle")}>
          <Stack gap="xs">
            <Text size="sm">{t("recipients.tokens.waitingText")}</Text>
            <CopyField
              value={token.activation_url ?? ""}
              label={t("recipients.linkOf", { name: recipient.name })}
            />
          </Stack>
        </Alert>
      ))}
      <Section
        title={t("recipients.tokens.title")}
        description={t("recipients.tokens.description")}
        actions={
          <Group gap="xs">
            <Button
              variant="default"
              leftSection={<IconCalendarTime size={16} aria-hidden />}
              onClick={() => setEnding(true)}
            >
              {t("shares.who.changeEnd")}
            </Button>
            <Button
              variant="light"
              leftSection={<IconRefresh size={16} aria-hidden />}
              onClick={() => setRotating(true)}
            >
              {t("recipients.tokens.rotate")}
            </Button>
          </Group>
        }
      >
        <Stack>
          {tokens.map((token) => (
            <TokenFacts key={token.id} token={token} />
          ))}
        </Stack>
      </Section>
      {ending && (
        <EndDialog
          onClose={() => setEnding(false)}
          title={t("recipients.tokens.endTitle", { name: recipient.name })}
          hint={t("recipients.tokens.endHint")}
          ends={recipient.expiration_time}
          clearable={false}
          onSave={async (expiration_time) => {
            await body(
              api.PATCH("/api/2.1/unity-catalog/recipients/{name}", {
                params: { path: { name: recipient.name } },
                body: expiration_time === undefined ? {} : { expiration_time },
              }),
            );
            await changed("recipient", "recipients");
          }}
        />
      )}
      <Modal
        opened={rotating}
        onClose={() => setRotating(false)}
        title={t("recipients.tokens.rotate")}
        size="lg"
      >
        {rotating && <RotateForm name={recipient.name} onClose={() => setRotating(false)} />}
      </Modal>
    </Stack>
  );
}

function TokenFacts({ token }: { token: Token }) {
  const { t } = useTranslation();
  const ended = token.expiration_time !== undefined && token.expiration_time <= Date.now();
  const state = token.activation_url ? "waiting" : ended ? "expired" : "active";
  return (
    <Facts
      facts={[
        [
          t("recipients.stateLabel"),
          <Badge key="state" color={{ waiting: "yellow", expired: "red", active: "teal" }[state]}>
            {t(`recipients.state.${state}`)}
          </Badge>,
        ],
        [t("recipients.tokens.made"), <When key="made" ms={token.created_at} />],
        [
          t("recipients.expires"),
          token.expiration_time === undefined ? (
            t("never")
          ) : (
            <When key="ends" ms={token.expiration_time} />
          ),
        ],
        [t("recipients.tokens.madeBy"), token.created_by],
      ]}
    />
  );
}

const kNotices = [0, 3600, 86_400, 7 * 86_400, 30 * 86_400];

function RotateForm({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [notice, setNotice] = useState(String(86_400));
  const rotate = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/2.1/unity-catalog/recipients/{name}/rotate-token", {
          params: { path: { name } },
          body: { existing_token_expire_in_seconds: Number(notice) },
        }),
      ),
    onSuccess: () => changed("recipient", "recipients"),
  });
  if (rotate.data) {
    const link = rotate.data.tokens?.find((token) => token.activation_url)?.activation_url ?? "";
    return (
      <Stack>
        <Text>{t("recipients.tokens.rotated")}</Text>
        <CopyField value={link} label={t("recipients.linkOf", { name })} />
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
        rotate.mutate();
      }}
    >
      <Stack>
        <Text size="sm">{t("recipients.tokens.rotateText", { name })}</Text>
        <Radio.Group label={t("recipients.tokens.notice")} value={notice} onChange={setNotice}>
          <Stack gap="xs" mt="xs">
            {kNotices.map((seconds) => (
              <Radio
                key={seconds}
                value={String(seconds)}
                label={t(`recipients.tokens.notices.${seconds as 0}`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        {notice === "0" && <Alert color="red">{t("recipients.tokens.atOnce", { name })}</Alert>}
        <FormEnd of={rotate} onCancel={onClose}>
          {t("recipients.tokens.rotate")}
        </FormEnd>
      </Stack>
    </form>
  );
}
