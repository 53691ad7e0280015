import { describe, expect, it } from "vitest";
import { bytes, exactTime, relativeTime, withLocalTimes } from "./time";

describe("relativeTime", () => {
  const now = Date.UTC(2026, 0, 15);
  it.each([
    [0, "now"],
    [-90_000, "1 minute ago"],
    [-2 * 3_600_000, "2 hours ago"],
    [-86_400_000, "yesterday"],
    [3 * 86_400_000, "in 3 days"],
    [-400 * 86_400_000, "last year"],
  ])("%d ms away is %s", (away, text) => {
    expect(relativeTime(now + away, now)).toBe(text);
  });
});

describe("withLocalTimes", () => {
  it("says each time in the zone of whoever looks", () => {
    const told = exactTime(Date.UTC(2026, 10, 29, 9, 30));
    expect(withLocalTimes("It ends 2026-11-29T09:30:00Z (2026-11-29T09:30:00.000Z).")).toBe(
      `It ends ${told} (${told}).`,
    );
  });

  it("leaves everything else", () => {
    expect(withLocalTimes("2026-11-29 and 2026-99-99T99:99:99Z")).toBe(
      "2026-11-29 and 2026-99-99T99:99:99Z",
    );
  });
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1536, "1.5 KiB"],
    [150 * 1024 * 1024, "150 MiB"],
    [2 ** 60, "1,024 PiB"],
  ])("%d is %s", (value, text) => {
    expect(bytes(value)).toBe(text);
  });
});
