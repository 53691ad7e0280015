// pages/recipients/SeeAs.tsx -- a table as a recipient gets it: version, files, rows.
import { Alert, Group, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { SampleRows } from "~/parts/SampleRows";
import { bytes, count } from "~/parts/time";
import { Waiting } from "~/parts/Waiting";

export function SeeAs({ recipient, table }: { recipient: string; table: string }) {
  const { t } = useTranslation();
  const preview = useQuery({
    queryKey: ["recipient", recipient, "preview", table],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/2.1/sluice/recipients/{name}/tables/{shared_name}/preview", {
          params: { path: { name: recipient, shared_name: table }, query: { limit: 50 } },
          signal,
        }),
      ),
  });
  if (!preview.data) return <Waiting for={preview} />;
  const { version, num_files, size_bytes, files, sample, sample_error, table: told } = preview.data;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        <Figure label={t("recipients.seeAs.version")} value={count(Number(version))} />
        <Figure label={t("recipients.seeAs.files")} value={count(Number(num_files))} />
        <Figure label={t("recipients.seeAs.size")} value={bytes(Number(size_bytes))} />
      </SimpleGrid>
      {told.partition_filter && (
        <Alert p="sm" title={t("recipients.seeAs.filter")}>
          <Text size="sm" ff="monospace" className="break-anywhere">
            {told.partition_filter}
          </Text>
        </Alert>
      )}
      <Title order={3} size="h5">
        {t("recipients.seeAs.rows")}
      </Title>
      {sample_error ? (
        <Alert color="yellow">{sample_error}</Alert>
      ) : (
        <SampleRows sample={sample} label={t("recipients.seeAs.rowsOf", { table })} />
      )}
      <Title order={3} size="h5">
        {t("recipients.seeAs.filesOf", { count: files.length })}
      </Title>
      <Table.ScrollContainer minWidth={420}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("recipients.seeAs.partition")}</Table.Th>
              <Table.Th ta="end">{t("recipients.seeAs.size")}</Table.Th>
              <Table.Th ta="end">{t("recipients.seeAs.records")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {files.map((file, index) => (
              <Table.Tr key={index}>
                <Table.Td>
                  <Group gap={6}>
                    {Object.entries(file.partition_values).map(([column, value]) => (
                      <Text key={column} size="sm" span className="break-anywhere">
                        {column}={value ?? "NULL"}
                      </Text>
                    ))}
                  </Group>
                </Table.Td>
                <Table.Td ta="end">{bytes(Number(file.size))}</Table.Td>
                <Table.Td ta="end">
                  {file.num_records === null ? "–" : count(Number(file.num_records))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <Paper withBorder p="sm">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={650} size="lg" className="tabular">
        {value}
      </Text>
    </Paper>
  );
}
