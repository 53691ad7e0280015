// pages/settings/EditLocation.tsx -- what can be changed of an external location while tables lie in it.
import { Alert, Checkbox, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconKey } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { FormEnd } from "~/parts/FormEnd";

type Location = components["schemas"]["ExternalLocationInfo"];
type DirectoryAccess = components["schemas"]["DirectoryAccess"];
type Change = components["schemas"]["UpdateExternalLocation"];

const kParts = ["role_arn", "external_id", "sts_endpoint", "kms_key_arn"] as const;

const accessOf = (lends: boolean, values: Record<(typeof kParts)[number], string>) => {
  const access: DirectoryAccess = {};
  for (const part of kParts) if (lends && values[part].trim()) access[part] = values[part].trim();
  return access;
};

export function EditLocation({ location, onClose }: { location: Location; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const before = location.directory_access;
  const form = useForm({
    initialValues: {
      comment: location.comment ?? "",
      read_only: location.read_only ?? false,
      lends: before !== undefined,
      role_arn: before?.role_arn ?? "",
      external_id: before?.external_id ?? "",
      sts_endpoint: before?.sts_endpoint ?? "",
      kms_key_arn: before?.kms_key_arn ?? "",
    },
    validate: {
      role_arn: (role, { lends }) =>
        lends && role.trim() === "" ? t("settings.locations.roleNeeded") : null,
    },
  });
  const { lends } = form.values;
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const access = accessOf(values.lends, values);
      // Only what was changed here: the rest may have been changed elsewhere.
      const change: Change = {
        ...(values.comment !== (location.comment ?? "") && { comment: values.comment }),
        ...(values.read_only !== (location.read_only ?? false) && { read_only: values.read_only }),
        ...(kParts.some((part) => access[part] !== before?.[part]) && { directory_access: access }),
      };
      return body(
        api.PATCH("/api/2.1/unity-catalog/external-locations/{name}", {
          params: { path: { name: location.name } },
          body: change,
        }),
      );
    },
    onSuccess: async () => {
      await changed("locations");
      onClose();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <Textarea
          label={t("catalog.comment")}
          autosize
          minRows={1}
          data-autofocus
          {...form.getInputProps("comment")}
        />
        <Checkbox
          label={t("settings.readOnly")}
          description={t("settings.locations.readOnlyHint")}
          {...form.getInputProps("read_only", { type: "checkbox" })}
        />
        {location.url.startsWith("s3://") && (
          <Checkbox
            label={t("settings.locations.lends")}
            description={t("settings.locations.lendsHint")}
            {...form.getInputProps("lends", { type: "checkbox" })}
          />
        )}
        {lends && (
          <>
            <Alert color="yellow" icon={<IconKey aria-hidden />}>
              {t("settings.locations.lendsWarning")}
            </Alert>
            <TextInput
              label={t("settings.locations.lendingRole")}
              description={t("settings.locations.lendingRoleHint")}
              placeholder="arn:aws:iam::123456789012:role/readers"
              withAsterisk
              {...form.getInputProps("role_arn")}
            />
            <TextInput
              label={t("settings.locations.externalId")}
              description={t("settings.locations.externalIdHint")}
              {...form.getInputProps("external_id")}
            />
            <TextInput
              label={t("settings.locations.stsEndpoint")}
              description={t("settings.locations.stsEndpointHint")}
              placeholder="https://minio.example.com"
              {...form.getInputProps("sts_endpoint")}
            />
            <TextInput
              label={t("settings.locations.kmsKey")}
              description={t("settings.locations.kmsKeyHint")}
              {...form.getInputProps("kms_key_arn")}
            />
          </>
        )}
        <FormEnd of={save} onCancel={onClose}>
          {t("save")}
        </FormEnd>
      </Stack>
    </form>
  );
}
