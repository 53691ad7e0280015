// pages/shares/RecipientPicker.tsx -- who gets it: recipients that there are, and new ones by name.
import { Alert, MultiSelect, Stack, TagsInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { allPages } from "~/api/pages";
import { listRecipients } from "~/api/unity";
import { nameProblem } from "~/parts/names";

export interface Chosen {
  existing: string[];
  fresh: string[];
}

interface Props {
  value: Chosen;
  onChange: (value: Chosen) => void;
  // Of the new names (`useChosenProblem`).
  problem: string | undefined;
  // Those that have it already.
  taken?: string[];
}

const useRecipients = () =>
  useQuery({ queryKey: ["recipients", "all"], queryFn: () => allPages(listRecipients) });

// What is wrong with a name among the new ones. Those that the form itself `made`, in an attempt that was refused
// later, may be there.
export function useChosenProblem(
  { fresh }: Chosen,
  made: (name: string) => boolean,
): string | undefined {
  const { t } = useTranslation();
  const { data } = useRecipients();
  const known = new Set((data ?? []).map((recipient) => recipient.name.toLowerCase()));
  for (const name of fresh) {
    const problem = nameProblem(name, t);
    if (problem !== null) return problem;
    if (known.has(name.toLowerCase()) && !made(name)) return t("shares.who.there", { name });
  }
  return undefined;
}

export function RecipientPicker({ value, onChange, problem, taken = [] }: Props) {
  const { t } = useTranslation();
  const { data, isLoading } = useRecipients();
  const names = (data ?? [])
    .map((recipient) => recipient.name)
    .filter((name) => !taken.includes(name));
  return (
    <Stack>
      <MultiSelect
        label={t("shares.who.existing")}
        placeholder={value.existing.length === 0 ? t("shares.who.choose") : ""}
        data={names}
        value={value.existing}
        onChange={(existing) => onChange({ ...value, existing })}
        searchable
        clearable
        limit={200}
        hidePickedOptions
        nothingFoundMessage={isLoading ? t("loading") : t("shares.who.nobody")}
        maxDropdownHeight={260}
      />
      <TagsInput
        label={t("shares.who.fresh")}
        description={t("shares.who.freshHint")}
        placeholder={value.fresh.length === 0 ? t("shares.who.freshExample") : ""}
        value={value.fresh}
        onChange={(fresh) => onChange({ ...value, fresh })}
        error={problem}
        acceptValueOnBlur
        data={[]}
      />
      {value.fresh.length > 0 && !problem && (
        <Alert p="xs" color="water">
          {t("shares.who.linkComes")}
        </Alert>
      )}
    </Stack>
  );
}
