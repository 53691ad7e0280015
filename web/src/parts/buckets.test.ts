import { describe, expect, it } from "vitest";
import { bucketsOf } from "./buckets";

describe("buckets", () => {
  it("begin with the one of the start, and leave none out", () => {
    const start = Date.UTC(2026, 1, 27, 13, 30);
    const days = bucketsOf("day", start, Date.UTC(2026, 2, 2));
    expect(days.map((day) => day.time)).toEqual([
      Date.UTC(2026, 1, 27),
      Date.UTC(2026, 1, 28),
      Date.UTC(2026, 2, 1),
    ]);
    expect(days[0]?.label).toMatch(/27/);
    expect(bucketsOf("hour", start, start + 3_600_000)).toHaveLength(2);
  });
});
