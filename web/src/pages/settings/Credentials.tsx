// pages/settings/Credentials.tsx -- with what storage is read. Secrets go in and never come back.
import { Badge, Group, PasswordInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconKey } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { timeColumn } from "~/parts/columns";
import type { Column } from "~/parts/DataTable";
import { FormEnd } from "~/parts/FormEnd";
import { nameProblem } from "~/parts/names";
import { ManagedList } from "./ManagedList";

type Schemas = components["schemas"];
type Credential = Schemas["StorageCredentialInfo"];

export const listCredentials = async (token: string | undefined) => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/storage-credentials", {
      params: { query: { max_results: 0, ...(token && { page_token: token }) } },
    }),
  );
  return { items: page.storage_credentials ?? [], next: page.next_page_token };
};

function kindOf(credential: Credential): string {
  if (credential.aws_iam_role) return `AWS IAM role ${credential.aws_iam_role.role_arn}`;
  if (credential.s3_access_key) {
    const { access_key_id, endpoint } = credential.s3_access_key;
    return `S3 ${access_key_id ?? ""}${endpoint ? ` @ ${endpoint}` : ""}`;
  }
  if (credential.cloudflare_api_token)
    return `R2 ${credential.cloudflare_api_token.access_key_id ?? ""}`;
  if (credential.azure_managed_identity) return "Azure managed identity";
  if (credential.azure_service_principal) return "Azure service principal";
  if (credential.databricks_gcp_service_account) return "GCP service account";
  return "local";
}

export function Credentials() {
  const { t } = useTranslation();
  const credentials = usePages(["credentials"], listCredentials);
  const changed = useChanged();
  const columns: Column<Credential>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.name,
      width: "minmax(140px, 1.2fr)",
    },
    {
      id: "kind",
      label: t("settings.credentials.kind"),
      value: kindOf,
      cell: (one) => (
        <Group gap="xs">
          <span className="break-anywhere">{kindOf(one)}</span>
          {one.read_only && <Badge size="sm">{t("settings.readOnly")}</Badge>}
        </Group>
      ),
      width: "minmax(160px, 2fr)",
    },
    { id: "owner", label: t("catalog.owner"), value: (one) => one.owner, wide: true },
    timeColumn({
      id: "updated",
      label: t("catalog.updated"),
      value: (one) => one.updated_at,
      wide: true,
    }),
  ];
  return (
    <ManagedList
      {...credentials}
      rows={credentials.items}
      onRetry={credentials.refetch}
      title={t("settings.sections.credentials")}
      description={t("settings.credentials.description")}
      icon={IconKey}
      none={t("settings.credentials.none")}
      columns={columns}
      rowKey={(one) => one.name}
      nameOf={(one) => one.name}
      create={t("settings.credentials.create")}
      form={(onClose) => <CredentialForm onClose={onClose} />}
      formSize="lg"
      editForm={(one, onClose) =>
        formKindOf(one) && <CredentialForm edited={one} onClose={onClose} />
      }
      actionsWidth="160px"
      deleteText={t("settings.credentials.deleteText")}
      typed
      onDelete={async ({ name }) => {
        await body(
          api.DELETE("/api/2.1/unity-catalog/storage-credentials/{name}", {
            params: { path: { name } },
          }),
        );
        await changed("credentials");
      }}
    />
  );
}

type Kind = "s3_access_key" | "aws_iam_role" | "cloudflare_api_token";

// What this form can change of it; others are changed by the API.
const formKindOf = (credential: Credential): Kind | undefined =>
  (["s3_access_key", "aws_iam_role", "cloudflare_api_token"] as const).find(
    (kind) => credential[kind],
  );

function valuesOf(credential: Credential | undefined) {
  const key = credential?.s3_access_key;
  const token = credential?.cloudflare_api_token;
  return {
    name: credential?.name ?? "",
    comment: credential?.comment ?? "",
    kind: (credential && formKindOf(credential)) ?? ("s3_access_key" as Kind),
    access_key_id: key?.access_key_id ?? token?.access_key_id ?? "",
    // Never comes back: with a change it is given anew.
    secret_access_key: "",
    endpoint: key?.endpoint ?? "",
    region: key?.region ?? "",
    role_arn: credential?.aws_iam_role?.role_arn ?? "",
    account_id: token?.account_id ?? "",
  };
}

interface FormProps {
  // Absent: a new one.
  edited?: Credential;
  onClose: () => void;
}

function CredentialForm({ edited, onClose }: FormProps) {
  const { t } = useTranslation();
  const changed = useChanged();
  const form = useForm({
    initialValues: valuesOf(edited),
    validate: { name: (name) => nameProblem(name, t) },
  });
  const { kind } = form.values;
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const { name, ...rest } = toRequest(values);
      if (!edited) {
        return body(
          api.POST("/api/2.1/unity-catalog/storage-credentials", { body: { name, ...rest } }),
        );
      }
      return body(
        api.PATCH("/api/2.1/unity-catalog/storage-credentials/{name}", {
          params: { path: { name: edited.name } },
          body: {
            ...rest,
            comment: values.comment,
            ...(name !== edited.name && { new_name: name }),
          },
        }),
      );
    },
    onSuccess: async () => {
      await changed("credentials");
      onClose();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <TextInput label={t("catalog.name")} data-autofocus {...form.getInputProps("name")} />
        <Select
          label={t("settings.credentials.kind")}
          data={[
            { value: "s3_access_key", label: t("settings.credentials.s3") },
            { value: "aws_iam_role", label: t("settings.credentials.role") },
            { value: "cloudflare_api_token", label: t("settings.credentials.r2") },
          ]}
          allowDeselect={false}
          disabled={edited !== undefined}
          {...form.getInputProps("kind")}
        />
        {kind === "aws_iam_role" ? (
          <TextInput
            label={t("settings.credentials.roleArn")}
            placeholder="arn:aws:iam::123456789012:role/sluice"
            required
            {...form.getInputProps("role_arn")}
          />
        ) : (
          <>
            {kind === "cloudflare_api_token" && (
              <TextInput
                label={t("settings.credentials.account")}
                {...form.getInputProps("account_id")}
              />
            )}
            <TextInput
              label={t("settings.credentials.keyId")}
              autoComplete="off"
              required
              {...form.getInputProps("access_key_id")}
            />
            <PasswordInput
              label={t("settings.credentials.secret")}
              description={t("settings.credentials.secretHint")}
              autoComplete="off"
              required
              {...form.getInputProps("secret_access_key")}
            />
          </>
        )}
        {kind === "s3_access_key" && (
          <Group grow>
            <TextInput
              label={t("settings.credentials.endpoint")}
              description={t("settings.credentials.endpointHint")}
              placeholder="https://minio.example.com"
              {...form.getInputProps("endpoint")}
            />
            <TextInput
              label={t("settings.credentials.region")}
              description={t("settings.credentials.regionHint")}
              placeholder="eu-central-1"
              {...form.getInputProps("region")}
            />
          </Group>
        )}
        <Textarea
          label={t("catalog.comment")}
          autosize
          minRows={1}
          {...form.getInputProps("comment")}
        />
        <FormEnd of={save} onCancel={onClose}>
          {edited ? t("save") : t("settings.credentials.create")}
        </FormEnd>
      </Stack>
    </form>
  );
}

function toRequest(values: {
  name: string;
  comment: string;
  kind: Kind;
  access_key_id: string;
  secret_access_key: string;
  endpoint: string;
  region: string;
  role_arn: string;
  account_id: string;
}): Schemas["CreateStorageCredential"] {
  const { name, comment, kind, access_key_id, secret_access_key, endpoint, region } = values;
  const common = { name, ...(comment && { comment }) };
  if (kind === "aws_iam_role") return { ...common, aws_iam_role: { role_arn: values.role_arn } };
  const key = { access_key_id, secret_access_key };
  if (kind === "cloudflare_api_token") {
    const { account_id } = values;
    return { ...common, cloudflare_api_token: { ...key, ...(account_id && { account_id }) } };
  }
  return {
    ...common,
    s3_access_key: { ...key, ...(endpoint && { endpoint }), ...(region && { region }) },
  };
}
