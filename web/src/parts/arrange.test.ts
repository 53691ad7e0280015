import { describe, expect, it } from "vitest";
import { arrange } from "./arrange";

interface Row {
  name: string;
  size?: number;
}

const kColumns = [
  { id: "name", value: (row: Row) => row.name },
  { id: "size", value: (row: Row) => row.size },
];
const kRows: Row[] = [{ name: "b10", size: 2 }, { name: "B9" }, { name: "a", size: 30 }];
const names = (rows: Row[]) => rows.map((row) => row.name);

describe("arrange", () => {
  it("leaves alone what is neither filtered nor sorted", () => {
    expect(arrange(kRows, kColumns, " ")).toBe(kRows);
  });

  it("finds words in any column, whatever their case", () => {
    expect(names(arrange(kRows, kColumns, "B"))).toEqual(["b10", "B9"]);
    expect(names(arrange(kRows, kColumns, "30"))).toEqual(["a"]);
  });

  it("sorts numbers in names as numbers, and what has no value last", () => {
    expect(names(arrange(kRows, kColumns, "", { id: "name" }))).toEqual(["a", "B9", "b10"]);
    expect(names(arrange(kRows, kColumns, "", { id: "size" }))).toEqual(["b10", "a", "B9"]);
    const down = arrange(kRows, kColumns, "", { id: "size", desc: true });
    expect(names(down)).toEqual(["a", "b10", "B9"]);
  });
});
