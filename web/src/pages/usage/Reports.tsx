// pages/usage/Reports.tsx -- reports on usage that are made and sent on a schedule; one of them is open where the
// address names it.
import { Anchor, Badge, Button, Modal, Text } from "@mantine/core";
import { IconPlus, IconReport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { Section } from "~/parts/Section";
import { When } from "~/parts/When";
import { Report } from "./Report";
import { ReportForm } from "./ReportForm";
import { reportsQuery, scheduleText, type UsageReport } from "./reports";

export function Reports() {
  const { t } = useTranslation();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const reports = useQuery(reportsQuery);
  const open = (report: string | undefined) =>
    void navigate({ to: "/usage", search: { tab: "reports", report } as never });
  if (typeof search.report === "string") {
    return <Report id={search.report} onClose={() => open(undefined)} />;
  }
  const create = (
    <Button
      size="sm"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setCreating(true)}
    >
      {t("usage.reports.create")}
    </Button>
  );
  const columns: Column<UsageReport>[] = [
    {
      id: "name",
      label: t("usage.reports.name"),
      value: (one) => one.name,
      cell: (one) => (
        <Anchor component="button" type="button" ta="start" onClick={() => open(one.id)}>
          {one.name}
        </Anchor>
      ),
      width: "minmax(130px, 1.4fr)",
    },
    {
      id: "schedule",
      label: t("usage.reports.when"),
      value: (one) => scheduleText(one.schedule, t),
      wide: true,
      width: "minmax(160px, 1.6fr)",
    },
    {
      id: "owner",
      label: t("usage.reports.owner"),
      value: (one) => one.owner,
      wide: true,
    },
    {
      id: "next",
      label: t("usage.reports.next"),
      value: (one) => one.next_run_at,
      cell: (one) =>
        one.paused ? (
          <Badge size="sm" variant="light" color="gray">
            {t("usage.reports.paused")}
          </Badge>
        ) : (
          <When ms={one.next_run_at} />
        ),
      width: "minmax(106px, 0.9fr)",
    },
    {
      id: "last",
      label: t("usage.reports.last"),
      value: (one) => one.last_run?.at,
      cell: (one) => <LastRun report={one} />,
      width: "minmax(84px, 1fr)",
    },
  ];
  return (
    <Section
      title={t("usage.reports.tab")}
      description={t("usage.reports.description")}
      actions={create}
    >
      <DataTable
        label={t("usage.reports.tab")}
        columns={columns}
        rows={reports.data ?? []}
        rowKey={(one) => one.id}
        isLoading={reports.isLoading}
        error={reports.error}
        onRetry={() => void reports.refetch()}
        filterable={(reports.data ?? []).length > 10}
        empty={
          <EmptyState
            icon={IconReport}
            title={t("usage.reports.emptyTitle")}
            text={t("usage.reports.emptyText")}
            action={create}
          />
        }
      />
      <Modal
        opened={creating}
        onClose={() => setCreating(false)}
        title={t("usage.reports.create")}
        size="lg"
      >
        {creating && (
          <ReportForm onClose={() => setCreating(false)} onSaved={({ id }) => open(id)} />
        )}
      </Modal>
    </Section>
  );
}

export function LastRun({ report }: { report: UsageReport }) {
  const { t } = useTranslation();
  const run = report.last_run;
  if (!run) return <>{t("never")}</>;
  return (
    <Text size="sm" span>
      <When ms={run.at} />
      {run.state === "FAILED" && (
        <Badge ml="xs" color="red.9" variant="filled">
          {t("usage.reports.failed")}
        </Badge>
      )}
    </Text>
  );
}
