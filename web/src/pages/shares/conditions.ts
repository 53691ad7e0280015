// pages/shares/conditions.ts -- which rows of a table a share hands out, as a form has it and as the API does.
//
// A list of partitions; a row goes along when all conditions of one partition hold.
import type { SharedDataObject } from "~/api/unity";
import type { components } from "~/api/unity.gen";

export type Operator = components["schemas"]["PartitionOperator"];
type PartitionValue = components["schemas"]["PartitionValue"];

export const kOperators: Record<Operator, string> = {
  EQUAL: "=",
  LIKE: "LIKE",
  IN: "IN",
  GREATER_THAN: ">",
  GREATER_THAN_OR_EQUAL: "≥",
  LESS_THAN: "<",
  LESS_THAN_OR_EQUAL: "≤",
};

export interface Condition {
  column: string;
  op: Operator;
  // The value, a pattern, or the key of a property.
  text: string;
  // Of IN, in place of one value.
  values: string[];
  source: "value" | "property" | "null";
}

export function toPartitions(
  partitions: Condition[][],
): NonNullable<SharedDataObject["partitions"]> {
  return partitions
    .filter((conditions) => conditions.length > 0)
    .map((conditions) => ({ values: conditions.map(toValue) }));
}

// Whether it says what to compare with.
export const isComplete = ({ op, text, values, source }: Condition) =>
  source === "null" || (source === "value" && op === "IN" ? values.length > 0 : text !== "");

// With another operator, and what was typed so far.
export function withOperator(condition: Condition, op: Operator): Condition {
  const { text, values } = condition;
  if (op === "IN" && condition.op !== "IN") {
    return { ...condition, op, values: text === "" ? [] : [text] };
  }
  if (op !== "IN" && condition.op === "IN") return { ...condition, op, text: values[0] ?? "" };
  return { ...condition, op };
}

function toValue({ column, op, text, values, source }: Condition): PartitionValue {
  if (source === "null") return { name: column, op: "EQUAL" };
  if (source === "property") return { name: column, op, recipient_property_key: text };
  if (op === "IN") return { name: column, op, values };
  return { name: column, op, value: text };
}

export function fromPartitions(partitions: SharedDataObject["partitions"]): Condition[][] {
  return (partitions ?? []).map(({ values }) =>
    values.map((value) => {
      const op = value.op ?? "EQUAL";
      const common = { column: value.name, op, text: "", values: [] };
      if (value.recipient_property_key !== undefined) {
        return { ...common, text: value.recipient_property_key, source: "property" as const };
      }
      if (value.values) return { ...common, values: value.values, source: "value" as const };
      if (value.value === undefined) return { ...common, source: "null" as const };
      return { ...common, text: value.value, source: "value" as const };
    }),
  );
}

// As people read it: region = 'EU' AND month ≥ '2024-01'  OR  ...
export function inWords(partitions: SharedDataObject["partitions"]): string {
  return fromPartitions(partitions)
    .map((conditions) => conditions.map(conditionInWords).join(" AND "))
    .join("  OR  ");
}

function conditionInWords({ column, op, text, values, source }: Condition): string {
  if (source === "null") return `${column} IS NULL`;
  if (source === "property") return `${column} ${kOperators[op]} recipient.${text}`;
  if (op === "IN") return `${column} IN (${values.map((value) => `'${value}'`).join(", ")})`;
  return `${column} ${kOperators[op]} '${text}'`;
}
