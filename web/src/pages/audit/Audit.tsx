// pages/audit/Audit.tsx -- who did what, when, from where, and whether it was allowed.
import {
  Anchor,
  Autocomplete,
  Badge,
  Button,
  Code,
  Drawer,
  Group,
  Menu,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconDownload, IconShieldSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useModule } from "~/api/modules";
import { usePages } from "~/api/pages";
import type { components } from "~/api/unity.gen";
import { actionNames, actionText } from "~/parts/actions";
import { type Column, DataTable } from "~/parts/DataTable";
import { DownloadItem } from "~/parts/DownloadItem";
import { EmptyState } from "~/parts/EmptyState";
import { Facts } from "~/parts/Facts";
import { PageHeader } from "~/parts/PageHeader";
import { bytes, exactTime } from "~/parts/time";
import { Waiting } from "~/parts/Waiting";
import { When } from "~/parts/When";
import { type AuditSearch, kPeriods, readSearch, toParams, toQuery } from "./filters";

type Event = components["schemas"]["AuditEvent"];

const hasWords = (action: string, words: string) =>
  `${action} ${actionText(action)}`.toLowerCase().includes(words.trim().toLowerCase());
const who = (event: Event) => event.user_identity?.email ?? event.recipient_name ?? "";
const what = (event: Event) =>
  [event.share_name, event.table_name].filter(Boolean).join(".") ||
  Object.values(event.request_params ?? {}).at(0) ||
  "";

export function Audit() {
  const { t } = useTranslation();
  const search = readSearch(useSearch({ strict: false }) as Record<string, unknown>);
  const navigate = useNavigate();
  const [shown, setShown] = useState<Event>();
  const timeline = useModule("Timeline", () => import("./Timeline"));
  const setSearch = (part: AuditSearch) =>
    void navigate({
      to: "/audit",
      search: readSearch({ ...search, ...part }) as never,
      replace: true,
    });
  const key = JSON.stringify(search);
  // biome-ignore lint/correctness/useExhaustiveDependencies: "the last hour" is that before the search changed.
  const query = useMemo(() => toQuery(search, Date.now()), [key]);
  const events = usePages<Event>(["audit", "events", query], async (token, signal) => {
    const page = await body(
      api.GET("/api/2.1/sluice/audit-events", {
        params: { query: { ...query, max_results: 200, ...(token && { page_token: token }) } },
        signal,
      }),
    );
    return { items: page.events ?? [], next: page.next_page_token };
  });
  const columns: Column<Event>[] = [
    {
      id: "time",
      label: t("audit.when"),
      value: (event) => event.event_time,
      cell: (event) => <When ms={Date.parse(event.event_time)} />,
      width: "140px",
    },
    {
      id: "who",
      label: t("audit.who"),
      value: who,
      width: "minmax(130px, 1.3fr)",
    },
    {
      id: "action",
      label: t("audit.action"),
      value: (event) => event.action_name,
      cell: (event) => (
        <Anchor
          component="button"
          type="button"
          size="sm"
          ta="start"
          onClick={() => setShown(event)}
          title={event.action_name}
        >
          {actionText(event.action_name)}
        </Anchor>
      ),
      width: "minmax(150px, 1.8fr)",
    },
    {
      id: "what",
      label: t("audit.what"),
      value: (event) => what(event) || undefined,
      wide: true,
      width: "minmax(140px, 1.6fr)",
    },
    {
      id: "outcome",
      label: t("audit.outcome"),
      value: (event) => event.response.status_code,
      cell: (event) => <Outcome event={event} />,
      width: "136px",
    },
    {
      id: "bytes",
      label: t("audit.bytes"),
      value: (event) => event.bytes_read,
      cell: (event) => (event.bytes_read ? bytes(event.bytes_read) : "–"),
      wide: true,
      align: "end",
      width: "94px",
    },
    {
      id: "from",
      label: t("audit.from"),
      value: (event) => event.source_ip_address,
      wide: true,
      width: "130px",
    },
  ];
  return (
    <>
      <PageHeader
        title={t("audit.title")}
        description={t("audit.description")}
        actions={<Export query={query} />}
      />
      <Stack>
        <Filters search={search} onChange={setSearch} />
        {search.action || search.principal || search.outcome ? (
          <Text size="sm" c="dimmed">
            {t("audit.noTimeline")}
          </Text>
        ) : timeline.data ? (
          <timeline.data.default query={query} />
        ) : (
          <Waiting for={timeline} />
        )}
        <DataTable
          {...events}
          rows={events.items}
          onRetry={events.refetch}
          label={t("audit.title")}
          columns={columns}
          rowKey={(event) => event.event_id}
          filterable={false}
          sortable={false}
          empty={
            <EmptyState
              icon={IconShieldSearch}
              title={t("audit.emptyTitle")}
              text={t("audit.emptyText")}
            />
          }
        />
      </Stack>
      <Drawer
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        position="right"
        size="lg"
        title={shown && actionText(shown.action_name)}
      >
        {shown && <EventFacts event={shown} />}
      </Drawer>
    </>
  );
}

function Outcome({ event }: { event: Event }) {
  const { t } = useTranslation();
  const status = event.response.status_code;
  if (status < 400) return <Badge color="teal">{t("audit.ok")}</Badge>;
  return (
    <Badge color={status < 500 ? "orange" : "red"}>
      {t(status < 500 ? "audit.refused" : "audit.failed")} {status}
    </Badge>
  );
}

interface FilterProps {
  search: AuditSearch;
  onChange: (part: AuditSearch) => void;
}

// What is typed into a field that the address has, too: as it says, when that changes otherwise.
function useTyped(said: string, onSend: (text: string) => void) {
  const [typed, setTyped] = useState(said);
  const sent = useRef(said);
  useEffect(() => {
    if (said !== sent.current) setTyped(said);
    sent.current = said;
  }, [said]);
  const send = (text: string) => {
    if (text.trim() === said) return;
    sent.current = text.trim();
    onSend(text.trim());
  };
  return { typed, setTyped, send };
}

function TextFilter({
  field,
  search,
  onChange,
}: FilterProps & { field: "principal" | "recipient" | "share" | "table" }) {
  const { t } = useTranslation();
  const { typed, setTyped, send } = useTyped(search[field] ?? "", (text) =>
    onChange({ [field]: text }),
  );
  return (
    <TextInput
      label={t(`audit.filters.${field}`)}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => send(typed)}
      onKeyDown={(event) => {
        if (event.key === "Enter") send(typed);
      }}
    />
  );
}

function ActionFilter({ search, onChange }: FilterProps) {
  const { t } = useTranslation();
  const { typed, setTyped, send } = useTyped(search.action ?? "", (action) => onChange({ action }));
  const soon = useDebouncedCallback(send, 400);
  return (
    <Autocomplete
      label={t("audit.action")}
      data={actionNames()}
      filter={({ options, search: words }) =>
        options.filter((one) => "value" in one && hasWords(one.value, words))
      }
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{actionText(option.value)}</Text>
          <Text size="xs" c="dimmed">
            {option.value}
          </Text>
        </div>
      )}
      value={typed}
      onChange={(text) => {
        setTyped(text);
        soon(text);
      }}
    />
  );
}

function Filters({ search, onChange }: FilterProps) {
  const { t } = useTranslation();
  return (
    <Paper withBorder p="md" component="search" aria-label={t("audit.filters.title")}>
      <SimpleGrid cols={{ base: 2, md: 4, xl: 7 }} spacing="sm">
        <Select
          label={t("audit.filters.since")}
          data={[
            ...kPeriods.map((value) => ({ value, label: t(`audit.periods.${value as "1h"}`) })),
            { value: "", label: t("audit.periods.all") },
          ]}
          value={search.since ?? ""}
          allowDeselect={false}
          onChange={(since) => onChange({ since: since ?? "" })}
        />
        <Select
          label={t("audit.outcome")}
          data={[
            { value: "", label: t("all") },
            { value: "2", label: t("audit.ok") },
            { value: "4", label: t("audit.refused") },
            { value: "5", label: t("audit.failed") },
          ]}
          value={search.outcome ?? ""}
          allowDeselect={false}
          onChange={(outcome) => onChange({ outcome: outcome ?? "" })}
        />
        <ActionFilter search={search} onChange={onChange} />
        {(["recipient", "principal", "share", "table"] as const).map((field) => (
          <TextFilter key={field} field={field} search={search} onChange={onChange} />
        ))}
      </SimpleGrid>
    </Paper>
  );
}

function Export({ query }: { query: ReturnType<typeof toQuery> }) {
  const { t } = useTranslation();
  const href = (format: string) =>
    `/api/2.1/sluice/audit-events/export?${toParams(query)}&format=${format}`;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
          {t("audit.export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <DownloadItem path={href("csv")} name="audit.csv" label="CSV" />
        <DownloadItem path={href("json")} name="audit.jsonl" label="JSON" />
      </Menu.Dropdown>
    </Menu>
  );
}

function EventFacts({ event }: { event: Event }) {
  const { t } = useTranslation();
  const params = Object.entries(event.request_params ?? {});
  return (
    <Stack>
      <Outcome event={event} />
      {event.reason && <Text>{event.reason}</Text>}
      {event.response.error_message && (
        <Text c="var(--mantine-color-error)">{event.response.error_message}</Text>
      )}
      <Facts
        facts={[
          [t("audit.action"), <Code key="a">{event.action_name}</Code>],
          [t("audit.when"), exactTime(Date.parse(event.event_time))],
          [t("audit.who"), who(event) || t("unknown")],
          [t("audit.from"), event.source_ip_address ?? t("unknown")],
          [t("audit.program"), event.user_agent ?? t("unknown")],
          [t("audit.what"), what(event) || "–"],
          [t("audit.service"), event.service_name],
          [t("audit.request"), <Code key="r">{event.request_id}</Code>],
          [t("audit.event"), <Code key="e">{event.event_id}</Code>],
        ]}
      />
      {params.length > 0 && (
        <>
          <Text fw={600}>{t("audit.parameters")}</Text>
          <Facts facts={params.map(([key, value]) => [key, value] as [string, string])} />
        </>
      )}
      <Group gap="xs">
        <Text size="xs" c="dimmed">
          {t("audit.chained")}
        </Text>
      </Group>
    </Stack>
  );
}
