// pages/recipients/Properties.tsx -- facts about a recipient that row rules may ask for.
import { ActionIcon, Button, Group, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { type RecipientInfo, useChanged } from "~/api/unity";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { Section } from "~/parts/Section";

export function Properties({ recipient }: { recipient: RecipientInfo }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [pairs, setPairs] = useState<[string, string][]>(() =>
    Object.entries(recipient.properties_kvpairs?.properties ?? {}),
  );
  const [dirty, setDirty] = useState(false);
  const change = (next: [string, string][]) => {
    setPairs(next);
    setDirty(true);
  };
  const names = pairs.map(([key]) => key);
  const twice = names.find((key, index) => key !== "" && names.indexOf(key) !== index);
  const save = useMutation({
    mutationFn: () =>
      body(
        api.PATCH("/api/2.1/unity-catalog/recipients/{name}", {
          params: { path: { name: recipient.name } },
          body: {
            properties_kvpairs: {
              properties: Object.fromEntries(pairs.filter(([key]) => key !== "")),
            },
          },
        }),
      ),
    onSuccess: async () => {
      setDirty(false);
      notifications.show({ message: t("recipients.properties.saved", { name: recipient.name }) });
      await changed("recipient", "recipients");
    },
  });
  return (
    <Section
      title={t("recipients.tabs.properties")}
      description={t("recipients.properties.description")}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!twice) save.mutate();
        }}
      >
        <Stack maw={640}>
          {pairs.map(([key, value], index) => (
            <Group key={index} wrap="nowrap" align="flex-end">
              <TextInput
                label={t("recipients.properties.key")}
                value={key}
                onChange={(event) => change(pairs.with(index, [event.currentTarget.value, value]))}
                error={
                  twice !== undefined && twice === key ? t("recipients.properties.twice") : null
                }
                style={{ flex: 1 }}
              />
              <TextInput
                label={t("recipients.properties.value")}
                value={value}
                onChange={(event) => change(pairs.with(index, [key, event.currentTarget.value]))}
                style={{ flex: 1 }}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size={36}
                aria-label={`${t("remove")} ${key}`}
                onClick={() => change(pairs.filter((_, at) => at !== index))}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
          {save.error && <ErrorNotice error={save.error} />}
          <Group>
            <Button
              variant="default"
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => change([...pairs, ["", ""]])}
            >
              {t("recipients.properties.add")}
            </Button>
            <Button type="submit" disabled={!dirty || twice !== undefined} loading={save.isPending}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
