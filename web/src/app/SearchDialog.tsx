// app/SearchDialog.tsx -- Ctrl-K: anything of the catalog by its name.
//
// A combobox: the field keeps the focus, the arrows move along the hits, Enter opens one.
import { Combobox, Group, Loader, Modal, Text, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue, useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import type { SearchResult } from "~/api/unity";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { pathOf, SecurableIcon } from "~/parts/securable";

export function useSearchDialog() {
  const [opened, { open, close }] = useDisclosure();
  useHotkeys([["mod+K", open]], []);
  return { opened, open, close };
}

interface Props {
  opened: boolean;
  onClose: () => void;
}

export function SearchDialog({ opened, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("search")}
      yOffset="10dvh"
      centered={false}
      size="lg"
    >
      {opened && <Search onClose={onClose} />}
    </Modal>
  );
}

const hitValue = ({ securable_type, full_name }: SearchResult) => `${securable_type} ${full_name}`;

function Search({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const [query] = useDebouncedValue(words.trim(), 200);
  const combobox = useCombobox({ opened: true });
  const found = useQuery({
    queryKey: ["search", "all", query],
    enabled: query !== "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/2.1/sluice/search", {
          params: { query: { query, max_results: 30 } },
          signal,
        }),
      ),
  });
  const results = (query === "" ? [] : (found.data?.results ?? [])).filter(
    (hit) => pathOf(hit.securable_type, hit.full_name) !== undefined,
  );
  const hits = results.map(hitValue).join("\n");
  // Enter opens the first hit, if the arrows chose no other.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store is made anew each time.
  useEffect(() => {
    if (hits === "") combobox.resetSelectedOption();
    else combobox.selectFirstOption();
  }, [hits]);
  const open = (value: string) => {
    const [type = "", name = ""] = value.split(" ");
    const href = pathOf(type, name);
    onClose();
    if (href !== undefined) void navigate({ href });
  };
  return (
    <Combobox store={combobox} onOptionSubmit={open} withinPortal={false}>
      {/* Escape is the dialog's: the list does not close. */}
      <Combobox.EventsTarget
        withExpandedAttribute
        aria-expanded={results.length > 0}
        data-mantine-stop-propagation="false"
      >
        <TextInput
          aria-label={t("searchDialog.label")}
          placeholder={t("searchDialog.placeholder")}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={found.isFetching && <Loader size={14} aria-label={t("loading")} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          data-autofocus
        />
      </Combobox.EventsTarget>
      <Combobox.Options
        mt="sm"
        mah="50dvh"
        style={{ overflowY: "auto" }}
        aria-label={t("searchDialog.results")}
      >
        {results.map((hit) => (
          <Combobox.Option key={hitValue(hit)} value={hitValue(hit)}>
            <Group gap="sm" wrap="nowrap">
              <SecurableIcon type={hit.securable_type} />
              <div style={{ minWidth: 0 }}>
                <Text size="sm" className="break-anywhere">
                  {hit.full_name}
                </Text>
                {hit.comment && (
                  <Text size="xs" c="dimmed" truncate>
                    {hit.comment}
                  </Text>
                )}
              </div>
            </Group>
          </Combobox.Option>
        ))}
        {query !== "" && !found.isFetching && results.length === 0 && (
          <Combobox.Empty>{t("list.nothing", { filter: query })}</Combobox.Empty>
        )}
        {query === "" && <Combobox.Empty>{t("searchDialog.hint")}</Combobox.Empty>}
      </Combobox.Options>
      {found.error && <ErrorNotice error={found.error} />}
    </Combobox>
  );
}
