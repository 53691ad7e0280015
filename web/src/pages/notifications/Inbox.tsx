// pages/notifications/Inbox.tsx -- what the server told.
import { Anchor, Badge, Button, Group, Paper, Stack, Switch, Text } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import type { Notification } from "~/api/notifications";
import { usePages } from "~/api/pages";
import { useChanged } from "~/api/unity";
import { useMe } from "~/app/session";
import { EmptyState } from "~/parts/EmptyState";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableLink } from "~/parts/securable";
import { withLocalTimes } from "~/parts/time";
import { When } from "~/parts/When";

export function Inbox() {
  const { t } = useTranslation();
  const me = useMe();
  const changed = useChanged();
  const [unreadOnly, setUnreadOnly] = useState(false);
  const list = usePages<Notification>(
    ["notifications", "list", unreadOnly],
    async (token, signal) => {
      const page = await body(
        api.GET("/api/2.1/sluice/notifications", {
          params: {
            query: { ...(unreadOnly && { unread: true }), ...(token && { page_token: token }) },
          },
          signal,
        }),
      );
      return { items: page.notifications ?? [], next: page.next_page_token };
    },
  );
  const read = useMutation({
    mutationFn: (what: { ids?: string[]; all?: boolean }) =>
      body(api.POST("/api/2.1/sluice/notifications/read", { body: what })),
    onSuccess: () => changed("notifications"),
  });
  return (
    <>
      <PageHeader
        title={t("notifications.title")}
        description={t("notifications.description")}
        actions={
          <>
            {me.is_metastore_admin && (
              <Button variant="default" component={Link} to="/settings/notifications">
                {t("notifications.where")}
              </Button>
            )}
            <Button
              variant="light"
              disabled={!list.items.some((one) => !one.read)}
              loading={read.isPending}
              onClick={() => read.mutate({ all: true })}
            >
              {t("notifications.markAll")}
            </Button>
          </>
        }
      />
      <Stack maw={860}>
        <Switch
          label={t("notifications.unreadOnly")}
          checked={unreadOnly}
          onChange={(event) => setUnreadOnly(event.currentTarget.checked)}
        />
        {(list.error ?? read.error) != null && (
          <ErrorNotice error={list.error ?? read.error} onRetry={list.refetch} />
        )}
        {!list.isLoading && !list.error && list.items.length === 0 && (
          <EmptyState
            icon={IconBell}
            title={t("notifications.emptyTitle")}
            text={t("notifications.emptyText")}
          />
        )}
        {list.items.map((one) => (
          <Told key={one.id} told={one} onRead={() => read.mutate({ ids: [one.id] })} />
        ))}
        {list.hasMore && (
          <Button variant="default" onClick={list.loadMore}>
            {t("loadMore")}
          </Button>
        )}
      </Stack>
    </>
  );
}

function Told({ told, onRead }: { told: Notification; onRead: () => void }) {
  const { t } = useTranslation();
  return (
    <Paper withBorder p="md" component="article" aria-label={told.title}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <Group gap="xs">
          {!told.read && <Badge size="sm">{t("notifications.unread")}</Badge>}
          <Text fw={told.read ? 500 : 650} className="break-anywhere">
            {told.title}
          </Text>
        </Group>
        <Text size="sm" c="dimmed">
          <When ms={told.time} />
        </Text>
      </Group>
      <Text size="sm" mt={4} className="break-anywhere">
        {withLocalTimes(told.text)}
      </Text>
      <Group mt="xs" justify="space-between">
        <Group gap="md">
          {told.recipient && <SecurableLink type="recipient" name={told.recipient} />}
          {told.share && <SecurableLink type="share" name={told.share} />}
          {told.kind.startsWith("usage_report") && (
            <Anchor component={Link} to="/usage" search={{ tab: "reports" } as never} size="sm">
              {t("usage.reports.tab")}
            </Anchor>
          )}
          {told.request_id && (
            <Anchor component={Link} to="/requests" size="sm">
              {t("nav.requests")}
            </Anchor>
          )}
        </Group>
        {!told.read && (
          <Button size="compact-sm" variant="subtle" onClick={onRead}>
            {t("notifications.markOne")}
          </Button>
        )}
      </Group>
    </Paper>
  );
}
