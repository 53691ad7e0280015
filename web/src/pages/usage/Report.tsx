// pages/usage/Report.tsx -- one report: when it runs, where it goes, and what came of it last.
import { Alert, Button, Group, Menu, Modal, Stack, Text } from "@mantine/core";
import { IconArrowLeft, IconDownload, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { bytesColumn, countColumn, timeColumn } from "~/parts/columns";
import { ConfirmDialog } from "~/parts/confirm";
import { type Column, DataTable } from "~/parts/DataTable";
import { DownloadItem } from "~/parts/DownloadItem";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { Facts } from "~/parts/Facts";
import { Section } from "~/parts/Section";
import { bytes, count, exactTime } from "~/parts/time";
import { When } from "~/parts/When";
import { ReportForm } from "./ReportForm";
import { LastRun } from "./Reports";
import { destinationsQuery, scheduleText, type UsageReport } from "./reports";

type Row = components["schemas"]["UsageReportCounts"];
type Result = components["schemas"]["UsageReportResult"];

interface Props {
  id: string;
  onClose: () => void;
}

export function Report({ id, onClose }: Props) {
  const { t } = useTranslation();
  const report = useQuery({
    queryKey: ["usage-reports", id],
    queryFn: () =>
      body(api.GET("/api/2.1/sluice/usage-reports/{id}", { params: { path: { id } } })),
  });
  return (
    <Stack>
      <Group>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconArrowLeft size={16} aria-hidden />}
          onClick={onClose}
        >
          {t("usage.reports.all")}
        </Button>
      </Group>
      {report.error && <ErrorNotice error={report.error} onRetry={() => void report.refetch()} />}
      {report.data && <Shown report={report.data} onClose={onClose} />}
    </Stack>
  );
}

function Shown({ report, onClose }: { report: UsageReport; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const destinations = useQuery(destinationsQuery);
  const path = { params: { path: { id: report.id } } };
  const done = () => changed("usage-reports", "usage-report-result", "notifications");
  const run = useMutation({
    mutationFn: () => body(api.POST("/api/2.1/sluice/usage-reports/{id}/run", path)),
    onSettled: done,
  });
  const pause = useMutation({
    mutationFn: () =>
      body(
        api.PATCH("/api/2.1/sluice/usage-reports/{id}", {
          ...path,
          body: { paused: !report.paused },
        }),
      ),
    onSettled: done,
  });
  const goes = [
    ...(report.inbox ? [t("usage.reports.inboxOf", { owner: report.owner })] : []),
    ...report.destination_ids.map(
      (id) => destinations.data?.find((one) => one.id === id)?.display_name ?? id,
    ),
  ];
  const about = [
    t(`usage.reports.periods.${report.period}`),
    report.recipient && t("usage.reports.onlyRecipient", { name: report.recipient }),
    report.share && t("usage.reports.onlyShare", { name: report.share }),
  ];
  return (
    <>
      <Section
        title={report.name}
        actions={
          <>
            <Button
              size="sm"
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
              loading={run.isPending}
              onClick={() => run.mutate()}
            >
              {t("usage.reports.run")}
            </Button>
            <Button
              size="sm"
              variant="default"
              loading={pause.isPending}
              onClick={() => pause.mutate()}
            >
              {report.paused ? t("usage.reports.resume") : t("usage.reports.pause")}
            </Button>
            <Button size="sm" variant="default" onClick={() => setEditing(true)}>
              {t("edit")}
            </Button>
            <Button
              size="sm"
              variant="default"
              c="var(--mantine-color-error)"
              onClick={() => setDeleting(true)}
            >
              {t("delete")}
            </Button>
          </>
        }
      >
        <Stack>
          {(run.error ?? pause.error) && <ErrorNotice error={run.error ?? pause.error} />}
          <Facts
            facts={[
              [t("usage.reports.when"), scheduleText(report.schedule, t)],
              [
                t("usage.reports.next"),
                report.next_run_at === undefined ? (
                  t("usage.reports.paused")
                ) : (
                  <>
                    {exactTime(report.next_run_at)} (<When ms={report.next_run_at} />)
                  </>
                ),
              ],
              [t("usage.reports.about"), about.filter(Boolean).join(", ")],
              [
                t("usage.reports.groupBy"),
                report.group_by.map((one) => t(`usage.groups.${one}`)).join(", "),
              ],
              [t("usage.reports.goes"), goes.join(", ") || t("usage.reports.nowhere")],
              [t("usage.reports.owner"), report.owner],
              [t("usage.reports.last"), <LastRun key="last" report={report} />],
            ]}
          />
          {report.last_run?.state === "FAILED" && (
            <Alert color="red" title={t("usage.reports.failed")}>
              {report.last_run.error}
            </Alert>
          )}
        </Stack>
      </Section>
      <LastResult report={report} />
      <Modal
        opened={editing}
        onClose={() => setEditing(false)}
        title={t("usage.reports.edit")}
        size="lg"
      >
        {editing && <ReportForm report={report} onClose={() => setEditing(false)} />}
      </Modal>
      <ConfirmDialog
        opened={deleting}
        onClose={() => setDeleting(false)}
        title={t("usage.reports.deleteTitle", { name: report.name })}
        consequences={t("usage.reports.deleteText")}
        action={t("delete")}
        onConfirm={async () => {
          await body(api.DELETE("/api/2.1/sluice/usage-reports/{id}", path));
          onClose();
          await changed("usage-reports");
        }}
      />
    </>
  );
}

function LastResult({ report }: { report: UsageReport }) {
  const { t } = useTranslation();
  const result = useQuery({
    queryKey: ["usage-report-result", report.id, report.last_run?.at],
    enabled: report.last_run !== undefined,
    retry: false,
    // JSON, since nothing else is asked for.
    queryFn: async () =>
      (await body(
        api.GET("/api/2.1/sluice/usage-reports/{id}/result", {
          params: { path: { id: report.id } },
        }),
      )) as Result,
  });
  if (!report.last_run) {
    return (
      <Section title={t("usage.reports.result")}>
        <Text size="sm">{t("usage.reports.noResult")}</Text>
      </Section>
    );
  }
  // There is none where no run went well; the failure is told above.
  if (!result.data) {
    return report.last_run.state === "FAILED" || !result.error ? null : (
      <ErrorNotice error={result.error} onRetry={() => void result.refetch()} />
    );
  }
  const { rows, group_by, totals, more_rows } = result.data;
  const columns: Column<Row>[] = [
    ...group_by.map(
      (group): Column<Row> => ({
        id: group,
        label: t(`usage.groups.${group}`),
        value: (row) => row[group] || t("unknown"),
        width: "minmax(90px, 1.4fr)",
      }),
    ),
    countColumn({
      id: "reads",
      label: t("usage.measures.reads"),
      value: (row) => row.reads,
    }),
    bytesColumn({
      id: "bytes",
      label: t("usage.measures.bytes_read"),
      value: (row) => row.bytes_read,
      wide: true,
    }),
    countColumn({
      id: "denied",
      label: t("usage.measures.denied"),
      value: (row) => row.denied,
      wide: true,
    }),
    timeColumn({
      id: "first",
      label: t("usage.reports.first"),
      value: (row) => row.first_read_at,
      wide: true,
    }),
    timeColumn({
      id: "last",
      label: t("usage.last"),
      value: (row) => row.last_read_at,
      wide: true,
    }),
  ];
  return (
    <Section
      title={t("usage.reports.result")}
      description={
        <>
          {t("usage.reports.span", {
            from: exactTime(result.data.from),
            to: exactTime(result.data.to),
          })}{" "}
          {t("usage.reports.totals", {
            reads: count(totals.reads),
            bytes: bytes(totals.bytes_read),
            denied: count(totals.denied),
          })}
        </>
      }
      actions={
        <Menu position="bottom-end">
          <Menu.Target>
            <Button
              size="sm"
              variant="default"
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              {t("usage.reports.download")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <DownloadItem
              path={`/api/2.1/sluice/usage-reports/${encodeURIComponent(report.id)}/result?format=csv`}
              name="usage.csv"
              label="CSV"
            />
          </Menu.Dropdown>
        </Menu>
      }
    >
      {more_rows !== undefined && (
        <Text size="sm" mb="sm">
          {t("usage.reports.more", { count: more_rows })}
        </Text>
      )}
      <DataTable
        label={t("usage.reports.result")}
        columns={columns}
        rows={rows}
        rowKey={(row) => JSON.stringify([row.recipient, row.share, row.table])}
        filterable={rows.length > 10}
        maxHeight={480}
        empty={<Text size="sm">{t("usage.emptyTitle")}</Text>}
      />
    </Section>
  );
}
