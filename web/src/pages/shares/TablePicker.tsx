// pages/shares/TablePicker.tsx -- which tables: from the tree, or by their names.
import {
  ActionIcon,
  Group,
  Loader,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDatabase, IconSearch, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { CatalogTree } from "~/parts/CatalogTree";
import { EmptyState } from "~/parts/EmptyState";
import { SecurableIcon } from "~/parts/securable";
import { type TreeRow, useCatalogTree } from "~/parts/useCatalogTree";

interface Props {
  chosen: string[];
  onChange: (tables: string[]) => void;
  // Those that cannot be chosen again.
  taken?: string[];
}

export function TablePicker({ chosen, onChange, taken = [] }: Props) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const [query] = useDebouncedValue(words.trim(), 250);
  const tree = useCatalogTree();
  const found = useQuery({
    queryKey: ["search", "table", query],
    enabled: query !== "",
    queryFn: async ({ signal }) =>
      (
        await body(
          api.GET("/api/2.1/sluice/search", {
            params: { query: { query, types: "table", max_results: 100 } },
            signal,
          }),
        )
      ).results,
  });
  const checked = new Set([...chosen, ...taken]);
  const toggle = (table: string, on: boolean) => {
    if (taken.includes(table)) return;
    onChange(on ? [...chosen, table] : chosen.filter((one) => one !== table));
  };
  const hits = (found.data ?? []).map<TreeRow>((hit) => ({
    value: hit.full_name,
    kind: "table",
    label: hit.full_name,
    level: 1,
  }));
  const shown =
    query === "" ? tree : { rows: hits, isLoading: found.isLoading, error: found.error };
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <Stack gap="xs">
        <TextInput
          label={t("shares.picker.search")}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={found.isFetching && <Loader size={14} aria-label={t("loading")} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          data-autofocus
        />
        <Paper withBorder p="xs">
          <CatalogTree
            maxHeight={360}
            tree={shown}
            label={t("shares.picker.tables")}
            checked={checked}
            onCheck={toggle}
            empty={
              <EmptyState
                icon={IconDatabase}
                title={
                  query === "" ? t("shares.picker.noTables") : t("list.nothing", { filter: query })
                }
                text={query === "" ? t("shares.picker.noTablesText") : undefined}
              />
            }
          />
        </Paper>
      </Stack>
      <Stack gap="xs">
        <Text size="sm" fw={500} aria-live="polite">
          {t("shares.picker.chosen", { count: chosen.length })}
        </Text>
        {chosen.map((table) => (
          <Group key={table} justify="space-between" wrap="nowrap" gap="xs">
            <Group gap={8} wrap="nowrap">
              <SecurableIcon type="table" size={16} />
              <Text size="sm" className="break-anywhere">
                {table}
              </Text>
            </Group>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${t("remove")} ${table}`}
              onClick={() => toggle(table, false)}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        {chosen.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("shares.picker.none")}
          </Text>
        )}
      </Stack>
    </SimpleGrid>
  );
}
