import { describe, expect, it } from "vitest";
import {
  type Condition,
  fromPartitions,
  inWords,
  isComplete,
  toPartitions,
  withOperator,
} from "./conditions";

const condition = (part: Partial<Condition>): Condition => ({
  column: "region",
  op: "EQUAL",
  text: "",
  values: [],
  source: "value",
  ...part,
});
const kAll: Condition[][] = [
  [
    condition({ text: "EU" }),
    condition({ column: "month", op: "GREATER_THAN_OR_EQUAL", text: "2024-01" }),
  ],
  [condition({ op: "IN", values: ["EU", "US"] })],
  [condition({ text: "country", source: "property" })],
  [condition({ source: "null" })],
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

  it("keep values with commas and spaces", () => {
    const partitions = [
      { values: [{ name: "region", op: "IN" as const, values: ["Bonn, Rhine", " x", ""] }] },
    ];
    expect(toPartitions(fromPartitions(partitions))).toEqual(partitions);
  });

  it("keep what was typed when the operator changes", () => {
    const several = withOperator(condition({ text: "EU" }), "IN");
    expect(several.values).toEqual(["EU"]);
    expect(withOperator(several, "LIKE").text).toBe("EU");
  });

  it("are complete with something to compare with", () => {
    expect(isComplete(condition({}))).toBe(false);
    expect(isComplete(condition({ op: "IN", text: "EU" }))).toBe(false);
    expect(kAll.flat().every(isComplete)).toBe(true);
  });

  it("can be read", () => {
    expect(inWords(toPartitions(kAll))).toBe(
      "region = 'EU' AND month ≥ '2024-01'  OR  region IN ('EU', 'US')  OR  region = recipient.country  OR  region IS NULL",
    );
  });
});
