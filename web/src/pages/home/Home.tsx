// pages/home/Home.tsx -- what is shared with whom, what happened, what needs you.
import {
  Alert,
  Anchor,
  Button,
  Group,
  List,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  Timeline,
} from "@mantine/core";
import {
  type Icon,
  IconAlertTriangle,
  IconBell,
  IconCircleCheck,
  IconDatabase,
  IconInbox,
  IconLink,
  IconPackageExport,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { unreadQuery } from "~/api/notifications";
import { allPages } from "~/api/pages";
import { listCatalogs, listRecipients, listShares, type RecipientInfo } from "~/api/unity";
import { useMe } from "~/app/session";
import { stateOf } from "~/pages/recipients/state";
import { actionText, changingActions } from "~/parts/actions";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { whatOf, whoOf } from "~/parts/events";
import { PageHeader } from "~/parts/PageHeader";
import { Section } from "~/parts/Section";
import { SecurableLink } from "~/parts/securable";
import { bytes, count } from "~/parts/time";
import { Waiting } from "~/parts/Waiting";
import { When } from "~/parts/When";

const kWeek = 7 * 86_400_000;

export function Home() {
  const { t } = useTranslation();
  const me = useMe();
  const shares = useQuery({ queryKey: ["shares", "all"], queryFn: () => allPages(listShares) });
  const recipients = useQuery({
    queryKey: ["recipients", "all"],
    queryFn: () => allPages(listRecipients),
  });
  const catalogs = useQuery({
    queryKey: ["catalogs", "all"],
    queryFn: () => allPages(listCatalogs),
  });
  const loaded = shares.data && recipients.data && catalogs.data;
  const waited = [shares, recipients, catalogs].find((one) => one.error) ?? shares;
  return (
    <>
      <PageHeader
        title={t("home.hello", { name: me.display_name || me.name })}
        windowTitle={t("nav.home")}
        actions={
          <Button
            component={Link}
            to="/share"
            leftSection={<IconPackageExport size={16} aria-hidden />}
          >
            {t("shares.shareThis")}
          </Button>
        }
      />
      {!loaded && <Waiting for={waited} />}
      {loaded && (
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
            <Figure
              icon={IconPackageExport}
              label={t("nav.shares")}
              value={count(shares.data.length)}
              to="/shares"
            />
            <Figure
              icon={IconUsers}
              label={t("nav.recipients")}
              value={count(recipients.data.length)}
              to="/recipients"
            />
            <Figure
              icon={IconDatabase}
              label={t("home.catalogs")}
              value={count(catalogs.data.length)}
              to="/catalog"
            />
            <ReadFigure />
          </SimpleGrid>
          {shares.data.length === 0 ? (
            <FirstSteps hasTables={catalogs.data.length > 0} />
          ) : (
            <NeedsYou recipients={recipients.data} />
          )}
          {me.is_metastore_admin ? (
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
              <SharedWithWhom />
              <WhatHappened />
            </SimpleGrid>
          ) : (
            <WhoRead />
          )}
        </Stack>
      )}
    </>
  );
}

interface FigureProps {
  icon: Icon;
  label: string;
  value: ReactNode;
  to: string;
}

function Figure({ icon: FigureIcon, label, value, to }: FigureProps) {
  return (
    <Paper
      withBorder
      p="md"
      component={Link}
      to={to}
      style={{ textDecoration: "none", color: "inherit" }}
    >
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text fw={650} size="1.6rem" lh={1.3} className="tabular">
            {value}
          </Text>
        </div>
        <FigureIcon size={26} stroke={1.4} aria-hidden />
      </Group>
    </Paper>
  );
}

// What was read in a week.
function useWeek(group_by: "none" | "recipient") {
  return useQuery({
    queryKey: ["usage", "week", group_by],
    queryFn: () =>
      body(
        api.GET("/api/2.1/sluice/usage", {
          params: {
            query: {
              start_time: Date.now() - kWeek,
              end_time: Date.now(),
              bucket: "day",
              group_by,
            },
          },
        }),
      ),
  });
}

function ReadFigure() {
  const { t } = useTranslation();
  const usage = useWeek("none");
  return (
    <Figure
      icon={IconCircleCheck}
      label={t("home.readThisWeek")}
      value={usage.data ? bytes(usage.data.totals.bytes_read) : "–"}
      to="/usage"
    />
  );
}

function FirstSteps({ hasTables }: { hasTables: boolean }) {
  const { t } = useTranslation();
  return (
    <Section title={t("home.first.title")} description={t("home.first.text")}>
      <List type="ordered" spacing="sm">
        <List.Item>
          <Anchor component={Link} to="/settings/locations">
            {t("home.first.location")}
          </Anchor>
          <Text size="sm" c="dimmed">
            {t("home.first.locationText")}
          </Text>
        </List.Item>
        <List.Item>
          <Anchor component={Link} to="/catalog">
            {hasTables ? t("home.first.tables") : t("home.first.catalog")}
          </Anchor>
          <Text size="sm" c="dimmed">
            {t("home.first.catalogText")}
          </Text>
        </List.Item>
        <List.Item>
          <Anchor component={Link} to="/share">
            {t("home.first.share")}
          </Anchor>
          <Text size="sm" c="dimmed">
            {t("home.first.shareText")}
          </Text>
        </List.Item>
      </List>
    </Section>
  );
}

function NeedsYou({ recipients }: { recipients: RecipientInfo[] }) {
  const { t } = useTranslation();
  const unread = useQuery(unreadQuery).data ?? 0;
  const open = useQuery({
    queryKey: ["requests", "count"],
    queryFn: async () =>
      (
        await body(
          api.GET("/api/2.1/sluice/requests", {
            params: { query: { status: "OPEN", max_results: 100 } },
          }),
        )
      ).requests ?? [],
  });
  const waiting = recipients.filter((one) => stateOf(one) === "waiting").length;
  const ending = recipients.filter((one) => ["expiring", "expired"].includes(stateOf(one))).length;
  const requests = open.data?.length ?? 0;
  const needs: { icon: Icon; text: string; to: string }[] = [
    ...(requests > 0
      ? [{ icon: IconInbox, text: t("home.needs.requests", { count: requests }), to: "/requests" }]
      : []),
    ...(ending > 0
      ? [
          {
            icon: IconAlertTriangle,
            text: t("home.needs.ending", { count: ending }),
            to: "/recipients",
          },
        ]
      : []),
    ...(waiting > 0
      ? [{ icon: IconLink, text: t("home.needs.waiting", { count: waiting }), to: "/recipients" }]
      : []),
    ...(unread > 0
      ? [{ icon: IconBell, text: t("home.needs.unread", { count: unread }), to: "/notifications" }]
      : []),
  ];
  if (needs.length === 0) {
    return (
      <Alert color="teal" icon={<IconCircleCheck aria-hidden />}>
        {t("home.needs.nothing")}
      </Alert>
    );
  }
  return (
    <Section title={t("home.needs.title")}>
      <Stack gap="xs">
        {needs.map(({ icon: NeedIcon, text, to }) => (
          <Group key={text} gap="sm" wrap="nowrap">
            <NeedIcon size={18} stroke={1.6} aria-hidden />
            <Anchor component={Link} to={to} size="sm">
              {text}
            </Anchor>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}

function SharedWithWhom() {
  const { t } = useTranslation();
  const rows = useQuery({
    queryKey: ["audit", "summary", "week"],
    queryFn: async () =>
      (
        await body(
          api.GET("/api/2.1/sluice/audit-summary", {
            params: { query: { start_time: Date.now() - kWeek } },
          }),
        )
      ).rows,
  });
  const recent = (rows.data ?? [])
    .filter((row) => row.recipient_name && row.table_name)
    .toSorted((a, b) => (b.last_access ?? 0) - (a.last_access ?? 0))
    .slice(0, 8);
  return (
    <Section title={t("home.readers.title")}>
      {rows.error && <ErrorNotice error={rows.error} />}
      {rows.data && recent.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("home.readers.none")}
        </Text>
      )}
      <Stack gap="xs">
        {recent.map((row) => (
          <Group
            key={`${row.recipient_name} ${row.share_name} ${row.table_name}`}
            justify="space-between"
            align="flex-start"
            wrap="nowrap"
          >
            <Group gap={6} style={{ rowGap: 0 }}>
              <SecurableLink type="recipient" name={row.recipient_name} />
              <Text size="sm" c="dimmed" className="break-anywhere">
                {row.share_name}.{row.table_name}
              </Text>
            </Group>
            <Text size="sm" c="dimmed" style={{ flex: "none" }}>
              {bytes(row.bytes_read)} · <When ms={row.last_access} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}

// The same for those who may not read the audit log: usage tells everybody of their own shares and recipients.
function WhoRead() {
  const { t } = useTranslation();
  const { data, error } = useWeek("recipient");
  const readers = (data?.series ?? [])
    .filter((one) => one.recipient && one.totals.reads > 0)
    .toSorted((a, b) => (b.last_read_at ?? 0) - (a.last_read_at ?? 0))
    .slice(0, 8);
  return (
    <Section
      title={t("home.readers.short")}
      actions={
        <Anchor component={Link} to="/usage" size="sm">
          {t("nav.usage")}
        </Anchor>
      }
    >
      {error && <ErrorNotice error={error} />}
      {data && readers.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("home.readers.none")}
        </Text>
      )}
      <Stack gap="xs">
        {readers.map(({ recipient = "", totals, last_read_at }) => (
          <Group key={recipient} justify="space-between" align="flex-start" wrap="nowrap">
            <SecurableLink type="recipient" name={recipient} />
            <Text size="sm" c="dimmed" style={{ flex: "none" }}>
              {bytes(totals.bytes_read)} · <When ms={last_read_at} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}

function WhatHappened() {
  const { t } = useTranslation();
  const me = useMe().name;
  const events = useQuery({
    queryKey: ["audit", "changes", me],
    queryFn: () =>
      body(
        api.GET("/api/2.1/sluice/audit-events", {
          params: { query: { max_results: 8, action_name: changingActions() } },
        }),
      ),
  });
  const told = events.data?.events ?? [];
  return (
    <Section
      title={t("home.happened.title")}
      actions={
        <Anchor component={Link} to="/audit" size="sm">
          {t("home.happened.all")}
        </Anchor>
      }
    >
      {events.error && <ErrorNotice error={events.error} />}
      {events.data && told.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("home.happened.none")}
        </Text>
      )}
      <Timeline bulletSize={14} lineWidth={2} active={told.length}>
        {told.map((event) => (
          <Timeline.Item
            key={event.event_id}
            color={event.response.status_code < 400 ? "water" : "orange"}
            title={
              <Text size="sm" fw={550} span title={event.action_name}>
                {actionText(event.action_name)}
                {event.response.status_code >= 400 && ` · ${t("audit.refused")}`}
              </Text>
            }
          >
            <Text size="sm" c="dimmed" className="break-anywhere">
              {[whatOf(event), whoOf(event)].filter(Boolean).join(" · ")} ·{" "}
              <When ms={Date.parse(event.event_time)} />
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
    </Section>
  );
}
