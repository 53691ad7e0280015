import { describe, expect, it } from "vitest";
import { readColumns, typeText } from "./sharing";

describe("typeText", () => {
  it.each([
    ["long", "long"],
    [{ type: "array", elementType: "string", containsNull: true }, "array<string>"],
    [{ type: "map", keyType: "string", valueType: "long" }, "map<string, long>"],
    [
      { type: "struct", fields: [{ name: "a", type: { type: "array", elementType: "date" } }] },
      "struct<a: array<date>>",
    ],
  ])("says %j", (type, text) => {
    expect(typeText(type)).toBe(text);
  });
});

it("readColumns finds the schema in both formats of the answer", () => {
  const schemaString = JSON.stringify({
    type: "struct",
    fields: [{ name: "id", type: "long", nullable: false, metadata: { comment: "the key" } }],
  });
  const columns = [{ name: "id", type: "long", nullable: false, comment: "the key" }];
  expect(
    readColumns(`{"protocol":{}}\n${JSON.stringify({ metaData: { schemaString } })}\n`),
  ).toEqual(columns);
  const delta = { metaData: { deltaMetadata: { schemaString } } };
  expect(readColumns(`{"protocol":{}}\n${JSON.stringify(delta)}`)).toEqual(columns);
  expect(readColumns("")).toEqual([]);
});
