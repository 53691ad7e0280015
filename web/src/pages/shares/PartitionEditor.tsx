// pages/shares/PartitionEditor.tsx -- which partitions of a table go along.
import {
  ActionIcon,
  Autocomplete,
  Button,
  Divider,
  Group,
  Paper,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { tableQuery } from "~/api/unity";
import { type Condition, kOperators, type Operator, withOperator } from "./conditions";

interface Props {
  table: string;
  value: Condition[][];
  onChange: (partitions: Condition[][]) => void;
}

// Null while nothing is known of the table.
export function usePartitionColumns(table: string): string[] | null {
  const { data } = useQuery(tableQuery(table));
  if (!data) return null;
  return (data.columns ?? [])
    .filter((column) => column.partition_index !== undefined)
    .sort((a, b) => Number(a.partition_index) - Number(b.partition_index))
    .map((column) => column.name);
}

export function PartitionEditor({ table, value, onChange }: Props) {
  const { t } = useTranslation();
  const columns = usePartitionColumns(table);
  const values = useKnownValues(table);
  if (columns === null) return null;
  if (columns.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("shares.rows.notPartitioned")}
      </Text>
    );
  }
  const fresh = (): Condition => ({
    column: columns[0] ?? "",
    op: "EQUAL",
    text: "",
    values: [],
    source: "value",
  });
  const change = (group: number, index: number, condition: Condition | null) =>
    onChange(
      value
        .map((conditions, at) =>
          at !== group
            ? conditions
            : condition === null
              ? conditions.filter((_, position) => position !== index)
              : conditions.map((old, position) => (position === index ? condition : old)),
        )
        .filter((conditions) => conditions.length > 0),
    );
  return (
    <Stack gap="sm">
      {value.length === 0 && <Text size="sm">{t("shares.rows.all")}</Text>}
      {value.map((conditions, group) => (
        <Stack key={group} gap="sm">
          {group > 0 && <Divider label={t("shares.rows.or")} labelPosition="center" />}
          <Paper withBorder p="sm">
            <Stack gap="xs">
              {conditions.map((condition, index) => (
                <ConditionRow
                  key={index}
                  condition={condition}
                  columns={columns}
                  known={values.get(condition.column) ?? []}
                  onChange={(next) => change(group, index, next)}
                />
              ))}
              <Button
                size="compact-sm"
                variant="subtle"
                leftSection={<IconPlus size={14} aria-hidden />}
                style={{ alignSelf: "flex-start" }}
                onClick={() =>
                  onChange(value.map((old, at) => (at === group ? [...old, fresh()] : old)))
                }
              >
                {t("shares.rows.and")}
              </Button>
            </Stack>
          </Paper>
        </Stack>
      ))}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPlus size={14} aria-hidden />}
        style={{ alignSelf: "flex-start" }}
        onClick={() => onChange([...value, [fresh()]])}
      >
        {value.length === 0 ? t("shares.rows.restrict") : t("shares.rows.orElse")}
      </Button>
    </Stack>
  );
}

interface RowProps {
  condition: Condition;
  columns: string[];
  known: string[];
  onChange: (condition: Condition | null) => void;
}

function ConditionRow({ condition, columns, known, onChange }: RowProps) {
  const { t } = useTranslation();
  const set = (part: Partial<Condition>) => onChange({ ...condition, ...part });
  return (
    <Group gap="xs" align="flex-end">
      <Select
        label={t("shares.rows.column")}
        data={columns}
        value={condition.column}
        allowDeselect={false}
        onChange={(column) => column && set({ column })}
        w={150}
      />
      <Select
        label={t("shares.rows.operator")}
        data={Object.entries(kOperators).map(([value, label]) => ({ value, label }))}
        value={condition.op}
        allowDeselect={false}
        disabled={condition.source === "null"}
        onChange={(op) => op && onChange(withOperator(condition, op as Operator))}
        w={90}
      />
      <Select
        label={t("shares.rows.source")}
        data={[
          { value: "value", label: t("shares.rows.value") },
          { value: "property", label: t("shares.rows.property") },
          { value: "null", label: t("shares.rows.null") },
        ]}
        value={condition.source}
        allowDeselect={false}
        onChange={(source) =>
          source &&
          set({
            source: source as Condition["source"],
            ...(source === "null" && { op: "EQUAL", text: "", values: [] }),
          })
        }
        w={180}
      />
      {condition.source === "value" && condition.op === "IN" && (
        <TagsInput
          label={t("shares.rows.values")}
          data={known}
          value={condition.values}
          onChange={(values) => set({ values })}
          // A comma may be part of a value.
          splitChars={[]}
          isDuplicate={(value, chosen) => chosen.includes(value)}
          style={{ flex: "1 1 160px" }}
          required
        />
      )}
      {condition.source === "value" && condition.op !== "IN" && (
        <Autocomplete
          label={t("shares.rows.value")}
          data={condition.op === "EQUAL" ? known : []}
          value={condition.text}
          onChange={(text) => set({ text })}
          style={{ flex: "1 1 160px" }}
          required
        />
      )}
      {condition.source === "property" && (
        <TextInput
          label={t("shares.rows.key")}
          value={condition.text}
          onChange={(event) => set({ text: event.currentTarget.value })}
          style={{ flex: "1 1 160px" }}
          required
        />
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size={36}
        aria-label={t("shares.rows.removeCondition")}
        onClick={() => onChange(null)}
      >
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}

// The values of the table's partitions by column: what one can choose from. Nothing when they cannot be had.
function useKnownValues(full_name: string): Map<string, string[]> {
  const { data } = useQuery({
    queryKey: ["table", full_name, "partition-values"],
    retry: false,
    queryFn: async () => {
      const page = await body(
        api.GET("/api/2.1/sluice/tables/{full_name}/partitions", {
          params: { path: { full_name }, query: { max_results: 500 } },
        }),
      );
      const values = new Map<string, Set<string>>();
      for (const partition of page.partitions ?? []) {
        for (const [column, value] of Object.entries(partition.values)) {
          if (value === null) continue;
          values.set(column, (values.get(column) ?? new Set()).add(value));
        }
      }
      return new Map([...values].map(([column, some]) => [column, [...some].sort()]));
    },
  });
  return data ?? new Map();
}
