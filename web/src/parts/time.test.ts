import { describe, expect, it } from "vitest";
import { bytes, relativeTime } from "./time";

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
