// parts/PrincipalInput.tsx -- the name of a user, group or service principal, with those that there are.
import { Autocomplete } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { principalNamesQuery } from "~/api/people";

interface Props {
  label: string;
  value: string;
  onChange: (principal: string) => void;
}

export function PrincipalInput({ label, value, onChange }: Props) {
  const { t } = useTranslation();
  // Who may not list people types the name.
  const { data } = useQuery(principalNamesQuery);
  return (
    <Autocomplete
      label={label}
      placeholder={t("permissions.principalExample")}
      data={data ?? []}
      limit={50}
      value={value}
      onChange={onChange}
      style={{ flex: 1 }}
      autoComplete="off"
    />
  );
}
