// pages/catalog/RegisterTable.tsx -- a Delta table that lies somewhere gets a name in the catalog.
import { Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import { FormEnd } from "~/parts/FormEnd";
import { nameProblem } from "~/parts/names";

export function RegisterTable({ schema, onClose }: { schema: string; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const navigate = useNavigate();
  const [catalog_name = "", schema_name = ""] = schema.split(".");
  const form = useForm({
    initialValues: { name: "", location: "", comment: "" },
    validate: {
      name: (name) => nameProblem(name, t),
      location: (location) => (location.trim() === "" ? t("catalog.register.needed") : null),
    },
  });
  const register = useMutation({
    mutationFn: (values: typeof form.values) =>
      body(
        api.POST("/api/2.1/unity-catalog/tables", {
          body: {
            name: values.name,
            catalog_name,
            schema_name,
            table_type: "EXTERNAL",
            data_source_format: "DELTA",
            storage_location: values.location.trim(),
            ...(values.comment && { comment: values.comment }),
          },
        }),
      ),
    onSuccess: async (table) => {
      await changed("tables", "search");
      onClose();
      await navigate({ to: "/catalog/$fullName", params: { fullName: table.full_name } });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => register.mutate(values))}>
      <Stack>
        <TextInput
          label={t("catalog.register.location")}
          description={t("catalog.register.locationHint")}
          placeholder="s3://bucket/sales/orders"
          data-autofocus
          {...form.getInputProps("location")}
          onBlur={() => {
            const last = form.values.location.replace(/\/+$/, "").split("/").at(-1);
            if (last && form.values.name === "" && nameProblem(last, t) === null) {
              form.setFieldValue("name", last);
            }
          }}
        />
        <TextInput label={t("catalog.name")} {...form.getInputProps("name")} />
        <Textarea
          label={t("catalog.comment")}
          autosize
          minRows={1}
          {...form.getInputProps("comment")}
        />
        <FormEnd of={register} onCancel={onClose}>
          {t("catalog.register.title")}
        </FormEnd>
      </Stack>
    </form>
  );
}
