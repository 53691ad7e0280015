// pages/usage/Usage.tsx -- who reads how much of what, over time; what is unusual; what nobody reads; and reports
// of it on a schedule.
import {
  Alert,
  Group,
  Paper,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
} from "@mantine/core";
import { IconAlertTriangle, IconChartHistogram } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useModule } from "~/api/modules";
import type { components } from "~/api/unity.gen";
import { bytesColumn, countColumn, timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { PageHeader } from "~/parts/PageHeader";
import { Section } from "~/parts/Section";
import { SecurableLink } from "~/parts/securable";
import { bytes, count, withLocalTimes } from "~/parts/time";
import { UrlTabs } from "~/parts/UrlTabs";
import { Waiting } from "~/parts/Waiting";
import { Reports } from "./Reports";

type Series = components["schemas"]["UsageSeries"];
type GroupBy = "recipient" | "share" | "table";
export type Measure = "reads" | "bytes_read" | "files" | "denied";

const kDay = 86_400_000;
const kPeriods = { "24h": kDay, "7d": 7 * kDay, "30d": 30 * kDay, "90d": 90 * kDay };
type Period = keyof typeof kPeriods;

function choice<T extends string>(value: unknown, all: readonly T[]): T | undefined {
  return all.find((one) => one === value);
}

export function seriesName(series: Series, none: string): string {
  return [series.recipient, series.share, series.table].filter(Boolean).join(".") || none;
}

export function Usage() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t("usage.title")} description={t("usage.description")} />
      <UrlTabs
        label={t("usage.title")}
        tabs={[
          { value: "overview", label: t("usage.overview"), content: () => <Overview /> },
          { value: "reports", label: t("usage.reports.tab"), content: () => <Reports /> },
        ]}
      />
    </>
  );
}

function Overview() {
  const { t } = useTranslation();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const period = choice(search.period, Object.keys(kPeriods) as Period[]) ?? "7d";
  const group = choice(search.by, ["recipient", "share", "table"] as const) ?? "recipient";
  const measure = choice(search.of, ["reads", "bytes_read", "files", "denied"] as const) ?? "reads";
  const set = (part: Record<string, string>) =>
    void navigate({ to: "/usage", search: { ...search, ...part } as never, replace: true });
  // biome-ignore lint/correctness/useExhaustiveDependencies: "the last week" is that before the choice changed.
  const end = useMemo(() => Math.ceil(Date.now() / 60_000) * 60_000, [period, group]);
  const start = end - kPeriods[period];
  const bucket = period === "24h" ? ("hour" as const) : ("day" as const);
  const chart = useModule("UsageChart", () => import("./UsageChart"));
  const usage = useQuery({
    queryKey: ["usage", start, end, group],
    placeholderData: keepPreviousData,
    queryFn: () =>
      body(
        api.GET("/api/2.1/sluice/usage", {
          params: { query: { start_time: start, end_time: end, bucket, group_by: group } },
        }),
      ),
  });
  return (
    <Stack>
      <Group gap="md" align="flex-end">
        <SegmentedControl
          aria-label={t("usage.period")}
          value={period}
          onChange={(value) => set({ period: value })}
          data={(Object.keys(kPeriods) as Period[]).map((value) => ({
            value,
            label: t(`usage.periods.${value}`),
          }))}
        />
        <SegmentedControl
          aria-label={t("usage.by")}
          value={group}
          onChange={(value) => set({ by: value })}
          data={(["recipient", "share", "table"] as const).map((value) => ({
            value,
            label: t(`usage.groups.${value}`),
          }))}
        />
        <Select
          aria-label={t("usage.measure")}
          value={measure}
          allowDeselect={false}
          onChange={(value) => value && set({ of: value })}
          data={(["reads", "bytes_read", "files", "denied"] as const).map((value) => ({
            value,
            label: t(`usage.measures.${value}`),
          }))}
          w={180}
        />
      </Group>
      {!usage.data && <Waiting for={usage} />}
      {usage.data && (
        <>
          <Totals counts={usage.data.totals} />
          {usage.data.series.length > 0 ? (
            <>
              <Paper withBorder p="md">
                {chart.data ? (
                  <chart.data.default usage={usage.data} measure={measure} />
                ) : (
                  <Waiting for={chart} />
                )}
              </Paper>
              <SeriesTable series={usage.data.series} group={group} />
            </>
          ) : (
            <EmptyState
              icon={IconChartHistogram}
              title={t("usage.emptyTitle")}
              text={t("usage.emptyText")}
            />
          )}
        </>
      )}
      <Findings />
    </Stack>
  );
}

function Totals({ counts }: { counts: components["schemas"]["UsageCounts"] }) {
  const { t } = useTranslation();
  const figures: [string, string][] = [
    [t("usage.measures.reads"), count(counts.reads)],
    [t("usage.measures.bytes_read"), bytes(counts.bytes_read)],
    [t("usage.measures.files"), count(counts.files)],
    [t("usage.measures.denied"), count(counts.denied)],
    [t("usage.errors"), count(counts.client_errors + counts.server_errors)],
  ];
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
      {figures.map(([label, value]) => (
        <Paper key={label} withBorder p="md">
          <Text size="xs" c="dimmed">
            {label}
          </Text>
          <Text fw={650} size="xl" className="tabular">
            {value}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}

function SeriesTable({ series, group }: { series: Series[]; group: GroupBy }) {
  const { t } = useTranslation();
  const columns: Column<Series>[] = [
    {
      id: "name",
      label: t(`usage.groups.${group}`),
      value: (one) => seriesName(one, t("unknown")),
      cell: (one) =>
        group === "table" || !one[group] ? (
          seriesName(one, t("unknown"))
        ) : (
          <SecurableLink type={group} name={one[group] ?? ""} />
        ),
      width: "minmax(160px, 2fr)",
    },
    countColumn({
      id: "reads",
      label: t("usage.measures.reads"),
      value: (one) => one.totals.reads,
    }),
    bytesColumn({
      id: "bytes",
      label: t("usage.measures.bytes_read"),
      value: (one) => one.totals.bytes_read,
    }),
    countColumn({
      id: "files",
      label: t("usage.measures.files"),
      value: (one) => one.totals.files,
      wide: true,
    }),
    countColumn({
      id: "denied",
      label: t("usage.measures.denied"),
      value: (one) => one.totals.denied,
      wide: true,
    }),
    timeColumn({
      id: "last",
      label: t("usage.last"),
      value: (one) => one.last_read_at,
      wide: true,
    }),
    {
      id: "version",
      label: t("usage.version"),
      value: (one) => one.last_version,
      wide: true,
      align: "end",
      width: "110px",
    },
  ];
  return (
    <DataTable
      label={t("usage.title")}
      columns={columns}
      rows={series}
      rowKey={(one) => seriesName(one, "-")}
      initialSort={{ id: "bytes", desc: true }}
      maxHeight={480}
    />
  );
}

function Findings() {
  const { t } = useTranslation();
  const findings = useQuery({
    queryKey: ["usage", "findings"],
    queryFn: async () => (await body(api.GET("/api/2.1/sluice/usage/findings"))).findings,
  });
  return (
    <Section title={t("usage.findings")} description={t("usage.findingsText")}>
      {findings.error && <ErrorNotice error={findings.error} />}
      {findings.data?.length === 0 && <Text size="sm">{t("usage.noFindings")}</Text>}
      <Stack gap="xs">
        {(findings.data ?? []).map((finding, index) => (
          <Alert
            key={index}
            color="yellow"
            icon={<IconAlertTriangle aria-hidden />}
            title={t(`usage.rules.${finding.rule}`)}
          >
            <Text size="sm" className="break-anywhere">
              {withLocalTimes(finding.reason)}
            </Text>
            {finding.recipient && <SecurableLink type="recipient" name={finding.recipient} />}
          </Alert>
        ))}
      </Stack>
    </Section>
  );
}
