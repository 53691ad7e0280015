// pages/settings/Locations.tsx -- where tables may lie.
import {
  Badge,
  Button,
  Checkbox,
  Group,
  Modal,
  Select,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMapPin, IconPlugConnected } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { allPages, usePages } from "~/api/pages";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import type { Column } from "~/parts/DataTable";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { nameProblem } from "~/parts/names";
import { listCredentials } from "./Credentials";
import { EditLocation } from "./EditLocation";
import { ManagedList } from "./ManagedList";
import { Validation } from "./Validation";

type Location = components["schemas"]["ExternalLocationInfo"];
type Place = components["schemas"]["ValidateStorageCredential"];

const validate = (place: Place) =>
  body(api.POST("/api/2.1/unity-catalog/validate-storage-credentials", { body: place }));

export function Locations() {
  const { t } = useTranslation();
  const changed = useChanged();
  const locations = usePages<Location>(["locations"], async (token) => {
    const page = await body(
      api.GET("/api/2.1/unity-catalog/external-locations", {
        params: { query: { max_results: 0, ...(token && { page_token: token }) } },
      }),
    );
    return { items: page.external_locations ?? [], next: page.next_page_token };
  });
  const [tested, setTested] = useState<string>();
  const columns: Column<Location>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.name,
      cell: (one) => (
        <Group gap="xs">
          {one.name}
          {one.read_only && <Badge size="sm">{t("settings.readOnly")}</Badge>}
          {one.directory_access && (
            <Badge size="sm" color="yellow">
              {t("settings.locations.lendsShort")}
            </Badge>
          )}
        </Group>
      ),
      width: "minmax(140px, 1.6fr)",
    },
    { id: "url", label: "URL", value: (one) => one.url, width: "minmax(140px, 2fr)" },
    {
      id: "credential",
      label: t("settings.locations.credential"),
      value: (one) => one.credential_name,
      wide: true,
    },
    { id: "owner", label: t("catalog.owner"), value: (one) => one.owner, wide: true },
  ];
  return (
    <>
      <ManagedList
        {...locations}
        rows={locations.items}
        onRetry={locations.refetch}
        title={t("settings.sections.locations")}
        description={t("settings.locations.description")}
        icon={IconMapPin}
        none={t("settings.locations.none")}
        noneText={t("settings.locations.noneText")}
        columns={columns}
        rowKey={(one) => one.name}
        nameOf={(one) => one.name}
        create={t("settings.locations.create")}
        form={(onClose) => <CreateForm onClose={onClose} />}
        formSize="lg"
        editForm={(one, onClose) => <EditLocation location={one} onClose={onClose} />}
        more={(one) => (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-label={`${t("settings.validation.test")} ${one.name}`}
            onClick={() => setTested(one.name)}
          >
            {t("settings.validation.test")}
          </Button>
        )}
        actionsWidth="200px"
        deleteText={t("settings.locations.deleteText")}
        typed
        onDelete={async ({ name }) => {
          await body(
            api.DELETE("/api/2.1/unity-catalog/external-locations/{name}", {
              params: { path: { name } },
            }),
          );
          await changed("locations");
        }}
      />
      <Modal
        opened={tested !== undefined}
        onClose={() => setTested(undefined)}
        title={t("settings.validation.title", { name: tested ?? "" })}
      >
        {tested !== undefined && <Tested name={tested} />}
      </Modal>
    </>
  );
}

function Tested({ name }: { name: string }) {
  const test = useQuery({
    queryKey: ["locations", "test", name],
    gcTime: 0,
    retry: false,
    queryFn: () => validate({ external_location_name: name, read_only: true }),
  });
  const { t } = useTranslation();
  if (test.error) return <ErrorNotice error={test.error} onRetry={() => void test.refetch()} />;
  if (!test.data) return <Button loading fullWidth variant="light" aria-label={t("loading")} />;
  return <Validation results={test.data.results} />;
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const credentials = useQuery({
    queryKey: ["credentials", "all"],
    queryFn: () => allPages(listCredentials),
  });
  const form = useForm({
    initialValues: { name: "", url: "", credential: "", comment: "", read_only: true },
    validate: {
      name: (name) => nameProblem(name, t),
      url: (url) => (url.trim() === "" ? t("catalog.register.needed") : null),
      credential: (credential) =>
        credential === "" ? t("settings.locations.chooseCredential") : null,
    },
  });
  const test = useMutation({
    mutationFn: () =>
      validate({
        url: form.values.url.trim(),
        storage_credential_name: form.values.credential,
        read_only: form.values.read_only,
      }),
  });
  const create = useMutation({
    mutationFn: (values: typeof form.values) =>
      body(
        api.POST("/api/2.1/unity-catalog/external-locations", {
          body: {
            name: values.name,
            url: values.url.trim(),
            credential_name: values.credential,
            read_only: values.read_only,
            ...(values.comment && { comment: values.comment }),
          },
        }),
      ),
    onSuccess: async () => {
      await changed("locations");
      onClose();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
      <Stack>
        <TextInput label={t("catalog.name")} data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label="URL"
          description={t("settings.locations.urlHint")}
          placeholder="s3://bucket/sales"
          {...form.getInputProps("url")}
        />
        <Select
          label={t("settings.locations.credential")}
          data={(credentials.data ?? []).map((one) => one.name)}
          searchable
          {...form.getInputProps("credential")}
        />
        <Checkbox
          label={t("settings.readOnly")}
          description={t("settings.locations.readOnlyHint")}
          {...form.getInputProps("read_only", { type: "checkbox" })}
        />
        <Textarea
          label={t("catalog.comment")}
          autosize
          minRows={1}
          {...form.getInputProps("comment")}
        />
        {test.data && <Validation results={test.data.results} />}
        {(create.error ?? test.error) && <ErrorNotice error={create.error ?? test.error} />}
        <Group justify="space-between">
          <Button
            variant="light"
            leftSection={<IconPlugConnected size={16} aria-hidden />}
            disabled={form.values.url.trim() === "" || !form.values.credential}
            loading={test.isPending}
            onClick={() => test.mutate()}
          >
            {t("settings.validation.test")}
          </Button>
          <Group>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("settings.locations.create")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
