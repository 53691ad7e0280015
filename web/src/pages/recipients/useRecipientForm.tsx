// pages/recipients/useRecipientForm.tsx -- a form over a part of a recipient, which somebody else may change while it is
// filled in: it sends what was edited only, and asks before it undoes another's change.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { type RecipientInfo, useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { ErrorNotice } from "~/parts/ErrorNotice";

type Change = components["schemas"]["UpdateRecipient"];

// `there`: the recipient as it is now.
class ChangedMeanwhile extends Error {
  constructor(readonly there: RecipientInfo) {
    super();
  }
}

const say = (value: unknown) => JSON.stringify(value);

// `read` has the fields of the form from a recipient; `toChange` what to send, given which fields were edited and the
// recipient as it is now.
export function useRecipientForm<Values extends Record<string, unknown>>(
  recipient: RecipientInfo,
  read: (recipient: RecipientInfo) => Values,
  toChange: (
    values: Values,
    edited: (field: keyof Values & string) => boolean,
    there: Values,
  ) => Change,
  saved: string,
) {
  const changed = useChanged();
  const told = read(recipient);
  const form = useForm<Values>({ initialValues: told });
  // What the fields were filled from.
  const base = useRef(told);
  const load = (values: Values) => {
    base.current = values;
    form.setValues(values);
    form.resetDirty(values);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is told anew counts.
  useEffect(() => {
    if (!form.isDirty()) load(told);
  }, [say(told)]);

  const save = useMutation({
    mutationFn: async ({ values, anyway }: { values: Values; anyway: boolean }) => {
      const there = await body(
        api.GET("/api/2.1/unity-catalog/recipients/{name}", {
          params: { path: { name: recipient.name } },
        }),
      );
      const now = read(there);
      const edited = (field: string) => form.isDirty(field);
      const undoes = (field: string) =>
        edited(field) && say(now[field]) !== say(base.current[field]);
      if (!anyway && Object.keys(now).some(undoes)) throw new ChangedMeanwhile(there);
      return body(
        api.PATCH("/api/2.1/unity-catalog/recipients/{name}", {
          params: { path: { name: recipient.name } },
          body: toChange(values, edited, now),
        }),
      );
    },
    onSuccess: async (after, { values }) => {
      const now = read(after);
      base.current = now;
      // Somebody may have typed on.
      if (say(form.getValues()) === say(values)) load(now);
      else form.resetDirty(values);
      notifications.show({ message: saved });
      await changed("recipient", "recipients");
    },
  });
  const notice: ReactNode =
    save.error instanceof ChangedMeanwhile ? (
      <MeanwhileNotice
        onLoad={() => {
          load(read((save.error as ChangedMeanwhile).there));
          save.reset();
          void changed("recipient");
        }}
        onSave={() => save.mutate({ values: form.getValues(), anyway: true })}
      />
    ) : (
      save.error && <ErrorNotice error={save.error} />
    );
  return {
    form,
    onSubmit: form.onSubmit((values) => save.mutate({ values, anyway: false })),
    isPending: save.isPending,
    notice,
  };
}

function MeanwhileNotice({ onLoad, onSave }: { onLoad: () => void; onSave: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="yellow" title={t("recipients.meanwhile.title")} role="alert">
      <Stack gap="xs">
        <Text size="sm">{t("recipients.meanwhile.text")}</Text>
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={onLoad}>
            {t("recipients.meanwhile.load")}
          </Button>
          <Button size="compact-sm" variant="default" onClick={onSave}>
            {t("recipients.meanwhile.overwrite")}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
