// parts/NewNamed.tsx -- the form of something that needs a name and takes a comment.
import { Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "./ErrorNotice";
import { nameProblem } from "./names";

interface Named {
  name: string;
  comment: string;
}

interface Props {
  action: string;
  nameHint?: string;
  onClose: () => void;
  onCreate: (named: Named) => Promise<unknown>;
}

export function NewNamed({ action, nameHint, onClose, onCreate }: Props) {
  const { t } = useTranslation();
  const form = useForm<Named>({
    initialValues: { name: "", comment: "" },
    validate: { name: (name) => nameProblem(name, t) },
  });
  const create = useMutation({ mutationFn: onCreate, onSuccess: onClose });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
      <Stack>
        <TextInput
          label={t("details.name")}
          description={nameHint}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Textarea
          label={t("details.comment")}
          autosize
          minRows={2}
          {...form.getInputProps("comment")}
        />
        {create.error && <ErrorNotice error={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
