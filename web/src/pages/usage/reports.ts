// pages/usage/reports.ts -- usage reports as their list, their page and their form know them.
import type { TFunction } from "i18next";
import { api, body } from "~/api/client";
import { allPages } from "~/api/pages";
import type { components } from "~/api/unity.gen";
import type { Schedule } from "./schedule";

export type UsageReport = components["schemas"]["UsageReport"];
export type GroupBy = components["schemas"]["UsageReportGroupBy"][number];
export type Period = components["schemas"]["UsageReportPeriod"];

export const kPeriods: Period[] = [
  "previous_day",
  "previous_week",
  "previous_month",
  "month_to_date",
];
export const kGroups: GroupBy[] = ["recipient", "share", "table"];

export const reportsQuery = {
  queryKey: ["usage-reports"],
  queryFn: () =>
    allPages<UsageReport>(async (token) => {
      const page = await body(
        api.GET("/api/2.1/sluice/usage-reports", {
          params: { query: token ? { page_token: token } : {} },
        }),
      );
      return { items: page.reports ?? [], next: page.next_page_token };
    }),
};

export const destinationsQuery = {
  queryKey: ["destinations", "names"],
  queryFn: async () => (await body(api.GET("/api/2.0/notification-destinations"))).results ?? [],
};

// "Each Monday at 06:00, Europe/Berlin"
export function scheduleText(schedule: Schedule, t: TFunction): string {
  const hour = `${String(schedule.hour ?? 6).padStart(2, "0")}:00`;
  const zone = schedule.time_zone ?? "UTC";
  const day = t(`usage.reports.weekdays.${schedule.weekday ?? "monday"}`);
  return t(`usage.reports.schedule.${schedule.every}`, { hour, zone, day });
}
