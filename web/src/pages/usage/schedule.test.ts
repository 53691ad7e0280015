import { describe, expect, it } from "vitest";
import { nextRun, type Schedule } from "./schedule";

const run = (schedule: Schedule, now: string) => {
  const next = nextRun(schedule, Date.parse(now));
  return next === undefined ? undefined : new Date(next).toISOString().slice(0, 16);
};

describe("nextRun", () => {
  const daily: Schedule = { every: "day", hour: 2, time_zone: "Europe/Berlin" };
  it.each([
    ["2026-01-14T12:00:00Z", "2026-01-15T01:00"],
    // 02:00 is skipped on the 29th of March, and shown twice on the 25th of October.
    ["2026-03-28T12:00:00Z", "2026-03-29T01:00"],
    ["2026-03-29T12:00:00Z", "2026-03-30T00:00"],
    ["2026-10-24T12:00:00Z", "2026-10-25T00:00"],
    ["2026-10-25T00:00:00Z", "2026-10-26T01:00"],
  ])("each day, behind %s: %s", (now, next) => {
    expect(run(daily, now)).toBe(next);
  });
  it("on a day of the week", () => {
    const schedule: Schedule = { every: "week", weekday: "sunday", hour: 23, time_zone: "UTC" };
    expect(run(schedule, "2026-01-01T00:00:00Z")).toBe("2026-01-04T23:00");
  });
  it("on the first of the month", () => {
    expect(run({ every: "month", hour: 0, time_zone: "UTC" }, "2028-01-31T23:59:00Z")).toBe(
      "2028-02-01T00:00",
    );
  });
  it("says nothing of a zone that is none", () => {
    expect(
      run({ every: "day", time_zone: "Nowhere/Land" }, "2026-01-01T00:00:00Z"),
    ).toBeUndefined();
  });
});
