// pages/usage/ReportForm.tsx -- what a report is about, when it is made and where it goes.
import {
  Alert,
  Checkbox,
  Group,
  MultiSelect,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { allPages } from "~/api/pages";
import { listRecipients, listShares, useChanged } from "~/api/unity";
import { FormEnd } from "~/parts/FormEnd";
import { exactTime } from "~/parts/time";
import {
  destinationsQuery,
  type GroupBy,
  kGroups,
  kPeriods,
  type Period,
  type UsageReport,
} from "./reports";
import { kWeekdays, nextRun, type Schedule, timeZones, viewersZone } from "./schedule";

interface Props {
  // The one to change; absent: a new one.
  report?: UsageReport;
  onClose: () => void;
  onSaved?: (report: UsageReport) => void;
}

interface Values {
  name: string;
  group_by: GroupBy[];
  recipient: string;
  share: string;
  period: Period;
  every: Schedule["every"];
  weekday: (typeof kWeekdays)[number];
  hour: number;
  time_zone: string;
  destination_ids: string[];
  inbox: boolean;
}

function valuesOf(report: UsageReport | undefined): Values {
  return {
    name: report?.name ?? "",
    group_by: report?.group_by ?? ["recipient", "share", "table"],
    recipient: report?.recipient ?? "",
    share: report?.share ?? "",
    period: report?.period ?? "previous_month",
    every: report?.schedule.every ?? "month",
    weekday: report?.schedule.weekday ?? "monday",
    hour: report?.schedule.hour ?? 6,
    time_zone: report?.schedule.time_zone ?? viewersZone(),
    destination_ids: report?.destination_ids ?? [],
    inbox: report?.inbox ?? true,
  };
}

const scheduleOf = ({ every, weekday, hour, time_zone }: Values): Schedule => ({
  every,
  ...(every === "week" && { weekday }),
  hour,
  time_zone,
});

export function ReportForm({ report, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const changed = useChanged();
  const zones = useMemo(timeZones, []);
  const destinations = useQuery(destinationsQuery);
  const recipients = useQuery({
    queryKey: ["recipients", "names"],
    queryFn: async () => (await allPages(listRecipients)).map((one) => one.name ?? ""),
  });
  const shares = useQuery({
    queryKey: ["shares", "names"],
    queryFn: async () => (await allPages(listShares)).map((one) => one.name ?? ""),
  });
  const form = useForm<Values>({
    initialValues: valuesOf(report),
    validate: {
      name: (name) => (name.trim() === "" ? t("names.missing") : null),
      group_by: (groups) => (groups.length === 0 ? t("usage.reports.oneGroup") : null),
    },
  });
  const save = useMutation({
    mutationFn: (values: Values) => {
      const wanted = {
        name: values.name.trim(),
        group_by: values.group_by,
        recipient: values.recipient,
        share: values.share,
        period: values.period,
        destination_ids: values.destination_ids,
        inbox: values.inbox,
        schedule: scheduleOf(values),
      };
      return report
        ? body(
            api.PATCH("/api/2.1/sluice/usage-reports/{id}", {
              params: { path: { id: report.id } },
              body: wanted,
            }),
          )
        : body(api.POST("/api/2.1/sluice/usage-reports", { body: wanted }));
    },
    onSuccess: async (saved) => {
      await changed("usage-reports");
      onClose();
      onSaved?.(saved);
    },
  });
  const { values } = form;
  const next = nextRun(scheduleOf(values), Date.now());
  const withCurrent = (names: string[] | undefined, name: string) => [
    ...new Set([...(names ?? []), ...(name ? [name] : [])]),
  ];
  return (
    <form onSubmit={form.onSubmit((wanted) => save.mutate(wanted))}>
      <Stack>
        <TextInput
          label={t("usage.reports.name")}
          placeholder={t("usage.reports.nameExample")}
          maxLength={255}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Checkbox.Group
          label={t("usage.reports.groupBy")}
          description={t("usage.reports.groupHint")}
          {...form.getInputProps("group_by")}
        >
          <Group mt="xs">
            {kGroups.map((group) => (
              <Checkbox key={group} value={group} label={t(`usage.groups.${group}`)} />
            ))}
          </Group>
        </Checkbox.Group>
        <Group grow preventGrowOverflow={false} align="flex-start">
          <Select
            label={t("usage.reports.recipient")}
            placeholder={t("all")}
            data={withCurrent(recipients.data, values.recipient)}
            value={values.recipient || null}
            onChange={(name) => form.setFieldValue("recipient", name ?? "")}
            limit={100}
            searchable
            clearable
          />
          <Select
            label={t("usage.reports.share")}
            placeholder={t("all")}
            data={withCurrent(shares.data, values.share)}
            value={values.share || null}
            onChange={(name) => form.setFieldValue("share", name ?? "")}
            limit={100}
            searchable
            clearable
          />
        </Group>
        <Select
          label={t("usage.reports.about")}
          allowDeselect={false}
          data={kPeriods.map((value) => ({ value, label: t(`usage.reports.periods.${value}`) }))}
          {...form.getInputProps("period")}
        />
        <div>
          <Text size="sm" fw={500} mb={4}>
            {t("usage.reports.when")}
          </Text>
          <SegmentedControl
            aria-label={t("usage.reports.when")}
            data={(["day", "week", "month"] as const).map((value) => ({
              value,
              label: t(`usage.reports.every.${value}`),
            }))}
            {...form.getInputProps("every")}
          />
        </div>
        <Group grow preventGrowOverflow={false} align="flex-start">
          {values.every === "week" && (
            <Select
              label={t("usage.reports.weekday")}
              allowDeselect={false}
              data={kWeekdays.map((value) => ({
                value,
                label: t(`usage.reports.weekdays.${value}`),
              }))}
              {...form.getInputProps("weekday")}
            />
          )}
          <Select
            label={t("usage.reports.hour")}
            allowDeselect={false}
            data={Array.from({ length: 24 }, (_, hour) => ({
              value: String(hour),
              label: `${String(hour).padStart(2, "0")}:00`,
            }))}
            value={String(values.hour)}
            onChange={(hour) => hour !== null && form.setFieldValue("hour", Number(hour))}
          />
          <Select
            label={t("usage.reports.zone")}
            allowDeselect={false}
            data={withCurrent(zones, values.time_zone)}
            limit={100}
            searchable
            {...form.getInputProps("time_zone")}
          />
        </Group>
        <MultiSelect
          label={t("usage.reports.goes")}
          description={t("usage.reports.goesHint")}
          placeholder={values.destination_ids.length === 0 ? t("none") : ""}
          data={(destinations.data ?? []).map((one) => ({
            value: one.id ?? "",
            label: one.display_name ?? "",
          }))}
          {...form.getInputProps("destination_ids")}
        />
        <Checkbox
          label={t("usage.reports.inbox")}
          {...form.getInputProps("inbox", { type: "checkbox" })}
        />
        {next !== undefined && (
          <Alert variant="light">{t("usage.reports.nextIs", { time: exactTime(next) })}</Alert>
        )}
        <FormEnd of={save} onCancel={onClose}>
          {report ? t("save") : t("usage.reports.create")}
        </FormEnd>
      </Stack>
    </form>
  );
}
