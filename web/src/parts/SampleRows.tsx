// parts/SampleRows.tsx -- rows of a table, under the names and types of their columns.
import { ScrollArea, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "~/api/unity.gen";

type Sample = components["schemas"]["TableSample"];

const kNumbers = /^(tinyint|smallint|int|bigint|float|double|decimal|byte|short|long|integer)\b/i;

export function SampleRows({ sample, label }: { sample: Sample; label: string }) {
  const { t } = useTranslation();
  return (
    <>
      <ScrollArea.Autosize
        mah={520}
        type="auto"
        viewportProps={{ tabIndex: 0, role: "group", "aria-label": label }}
      >
        <Table
          striped
          stickyHeader
          withTableBorder
          aria-label={label}
          style={{ minWidth: "max-content" }}
        >
          <Table.Thead>
            <Table.Tr>
              {sample.columns.map(({ name, type_text }) => (
                <Table.Th key={name} ta={kNumbers.test(type_text) ? "end" : "start"}>
                  <Text size="sm" fw={600}>
                    {name}
                  </Text>
                  <Text size="xs" c="dimmed" fw={400}>
                    {type_text}
                  </Text>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sample.rows.map((row, index) => (
              <Table.Tr key={index}>
                {row.map((value, at) => (
                  <Table.Td
                    key={at}
                    ta={kNumbers.test(sample.columns[at]?.type_text ?? "") ? "end" : "start"}
                    maw={360}
                  >
                    <Value value={value} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      <Text size="xs" c="dimmed" mt={6}>
        {sample.truncated
          ? t("sample.first", { count: sample.rows.length, version: Number(sample.version) })
          : t("sample.all", { count: sample.rows.length, version: Number(sample.version) })}
      </Text>
    </>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) {
    return (
      <Text size="sm" c="dimmed" fs="italic" span>
        NULL
      </Text>
    );
  }
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return (
    <Text
      size="sm"
      span
      lineClamp={3}
      className="break-anywhere"
      title={text.length > 60 ? text : undefined}
    >
      {text}
    </Text>
  );
}
