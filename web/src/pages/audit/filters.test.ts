import { describe, expect, it } from "vitest";
import { readSearch, toParams, toQuery } from "./filters";

describe("filters", () => {
  it("take from an address what they know", () => {
    expect(readSearch({ since: "24h", outcome: 4, other: "x", share: "", table: ["a"] })).toEqual({
      since: "24h",
      outcome: "4",
    });
  });

  it("become a query", () => {
    const now = Date.UTC(2026, 0, 2);
    expect(toQuery({ since: "24h", recipient: "acme", outcome: "4" }, now)).toEqual({
      start_time: Date.UTC(2026, 0, 1),
      recipient_name: "acme",
      status_class: 4,
    });
    expect(toQuery({ since: "2026-01-01T00:00:00Z", until: "nonsense" }, now)).toEqual({
      start_time: Date.UTC(2026, 0, 1),
    });
  });

  it("name actions by what they are called", () => {
    const query = toQuery({ action: "Listed shares", outcome: "2" }, 0);
    expect(toParams(query).toString()).toBe(
      "action_name=deltaSharingListShares&action_name=listShares&status_class=2",
    );
  });
});
