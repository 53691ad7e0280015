// pages/usage/schedule.ts -- when a report runs next, as the server reckons it, so that the form can say so
// before anything is saved.
import type { components } from "~/api/unity.gen";

export type Schedule = components["schemas"]["UsageReportSchedule"];

const kHour = 3_600_000;
const kDay = 24 * kHour;
export const kWeekdays = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;

// How far the clocks of a zone are before UTC, in milliseconds.
function offsetAt(time: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(time);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const shown = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return shown - Math.floor(time / 1000) * 1000;
}

// When clocks show this (written as if it were UTC): the first time, or as much later as it is skipped.
function at(shown: number, zone: string): number {
  const before = offsetAt(shown - kDay, zone);
  const after = offsetAt(shown + kDay, zone);
  const fits = [before, after].find((offset) => offsetAt(shown - offset, zone) === offset);
  return shown - (fits ?? before);
}

// Nothing: the browser does not know the zone.
export function nextRun(schedule: Schedule, now: number): number | undefined {
  const zone = schedule.time_zone || "UTC";
  try {
    let day = Math.floor((now + offsetAt(now, zone)) / kDay) * kDay - kDay;
    for (let tries = 0; tries < 40; ++tries, day += kDay) {
      const date = new Date(day);
      const weekday = kWeekdays[(date.getUTCDay() + 6) % 7];
      if (schedule.every === "week" && weekday !== (schedule.weekday ?? "monday")) continue;
      if (schedule.every === "month" && date.getUTCDate() !== 1) continue;
      const time = at(day + (schedule.hour ?? 6) * kHour, zone);
      if (time > now) return time;
    }
  } catch {
    // RangeError: no such zone.
  }
  return undefined;
}

export const viewersZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export function timeZones(): string[] {
  return [...new Set(["UTC", viewersZone(), ...Intl.supportedValuesOf("timeZone")])];
}
