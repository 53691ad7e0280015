import { describe, expect, it } from "vitest";
import { type Condition, fromPartitions, inWords, toPartitions } from "./conditions";

const kAll: Condition[][] = [
  [
    { column: "region", op: "EQUAL", text: "EU", source: "value" },
    { column: "month", op: "GREATER_THAN_OR_EQUAL", text: "2024-01", source: "value" },
  ],
  [{ column: "region", op: "IN", text: "EU, US", source: "value" }],
  [{ column: "region", op: "EQUAL", text: "country", source: "property" }],
  [{ column: "region", op: "EQUAL", text: "", source: "null" }],
];

describe("partitions", () => {
  it("come back as they went", () => {
    expect(fromPartitions(toPartitions(kAll))).toEqual(kAll);
  });

  it("are said as the API says them", () => {
    expect(toPartitions(kAll)).toEqual([
      {
        values: [
          { name: "region", op: "EQUAL", value: "EU" },
          { name: "month", op: "GREATER_THAN_OR_EQUAL", value: "2024-01" },
        ],
      },
      { values: [{ name: "region", op: "IN", values: ["EU", "US"] }] },
      { values: [{ name: "region", op: "EQUAL", recipient_property_key: "country" }] },
      { values: [{ name: "region", op: "EQUAL" }] },
    ]);
  });

  it("without conditions are left out: an empty one would share all rows", () => {
    expect(toPartitions([[]])).toEqual([]);
  });

  it("can be read", () => {
    expect(inWords(toPartitions(kAll))).toBe(
      "region = 'EU' AND month ≥ '2024-01'  OR  region IN (EU, US)  OR  region = recipient.country  OR  region IS NULL",
    );
  });
});
