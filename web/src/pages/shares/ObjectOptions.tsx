// pages/shares/ObjectOptions.tsx -- how one table goes along: under which name, which rows, how much history.
import { Alert, Checkbox, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SharedDataObject } from "~/api/unity";
import { type Condition, fromPartitions, toPartitions } from "./conditions";
import { PartitionEditor } from "./PartitionEditor";

export interface Options {
  shared_as: string;
  comment: string;
  partitions: Condition[][];
  history: boolean;
  cdf: boolean;
  // Empty: from the version at which the table was added.
  start_version: number | "";
}

export const noOptions = (): Options => ({
  shared_as: "",
  comment: "",
  partitions: [],
  history: false,
  cdf: false,
  start_version: "",
});

export const optionsOf = (object: SharedDataObject): Options => ({
  shared_as: object.shared_as ?? "",
  comment: object.comment ?? "",
  partitions: fromPartitions(object.partitions),
  history: object.history_data_sharing_status === "ENABLED",
  cdf: object.cdf_enabled ?? false,
  start_version: object.start_version ?? "",
});

// As the API takes it, for the table `name`.
export function toObject(name: string, options: Options): SharedDataObject {
  return {
    name,
    data_object_type: "TABLE",
    ...(options.shared_as && { shared_as: options.shared_as }),
    comment: options.comment,
    partitions: toPartitions(options.partitions),
    history_data_sharing_status: options.history ? "ENABLED" : "DISABLED",
    cdf_enabled: options.history && options.cdf,
    ...(options.history &&
      options.start_version !== "" && { start_version: options.start_version }),
  };
}

interface Props {
  table: string;
  value: Options;
  onChange: (options: Options) => void;
}

export function RowOptions({ table, value, onChange }: Props) {
  return (
    <PartitionEditor
      table={table}
      value={value.partitions}
      onChange={(partitions) => onChange({ ...value, partitions })}
    />
  );
}

export function NameOptions({ table, value, onChange }: Props) {
  const { t } = useTranslation();
  const [, schema = "", name = ""] = table.split(".");
  return (
    <Stack gap="sm">
      <TextInput
        label={t("shares.object.alias")}
        description={t("shares.object.aliasHint")}
        placeholder={`${schema}.${name}`}
        value={value.shared_as}
        onChange={(event) => onChange({ ...value, shared_as: event.currentTarget.value })}
      />
      <Textarea
        label={t("shares.comment")}
        description={t("shares.object.commentHint")}
        autosize
        minRows={1}
        value={value.comment}
        onChange={(event) => onChange({ ...value, comment: event.currentTarget.value })}
      />
    </Stack>
  );
}

export function HistoryOptions({ value, onChange }: Omit<Props, "table">) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Checkbox
        label={t("shares.history.share")}
        description={t("shares.history.shareHint")}
        checked={value.history}
        onChange={(event) => onChange({ ...value, history: event.currentTarget.checked })}
      />
      {value.history && (
        <Stack gap="sm" pl="xl">
          <Checkbox
            label={t("shares.history.cdf")}
            description={t("shares.history.cdfHint")}
            checked={value.cdf}
            onChange={(event) => onChange({ ...value, cdf: event.currentTarget.checked })}
          />
          <NumberInput
            label={t("shares.history.start")}
            description={t("shares.history.startHint")}
            min={0}
            allowDecimal={false}
            value={value.start_version}
            onChange={(start) =>
              onChange({ ...value, start_version: typeof start === "number" ? start : "" })
            }
            maw={260}
          />
          {value.partitions.length > 0 && (
            <Alert color="yellow" p="xs">
              {t("shares.history.rowsToo")}
            </Alert>
          )}
        </Stack>
      )}
    </Stack>
  );
}
