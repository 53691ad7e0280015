// pages/recipients/Properties.tsx -- facts about a recipient that row rules may ask for.
import { ActionIcon, Button, Group, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { RecipientInfo } from "~/api/unity";
import { Section } from "~/parts/Section";
import { useRecipientForm } from "./useRecipientForm";

type Pair = [key: string, value: string];

const read = ({ properties_kvpairs }: RecipientInfo): { pairs: Pair[] } => ({
  pairs: Object.entries(properties_kvpairs?.properties ?? {}),
});

export function Properties({ recipient }: { recipient: RecipientInfo }) {
  const { t } = useTranslation();
  const { form, onSubmit, isPending, notice } = useRecipientForm(
    recipient,
    read,
    ({ pairs }) => ({
      properties_kvpairs: { properties: Object.fromEntries(pairs.filter(([key]) => key !== "")) },
    }),
    t("recipients.properties.saved", { name: recipient.name }),
  );
  const { pairs } = form.values;
  const change = (next: Pair[]) => form.setFieldValue("pairs", next);
  const names = pairs.map(([key]) => key);
  const twice = names.find((key, index) => key !== "" && names.indexOf(key) !== index);
  return (
    <Section
      title={t("recipients.tabs.properties")}
      description={t("recipients.properties.description")}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (twice === undefined) onSubmit(event);
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
          {notice}
          <Group>
            <Button
              variant="default"
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => change([...pairs, ["", ""]])}
            >
              {t("recipients.properties.add")}
            </Button>
            <Button
              type="submit"
              disabled={!form.isDirty() || twice !== undefined}
              loading={isPending}
            >
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
