// parts/NewNamed.tsx -- the form of something that needs a name and takes a comment.
import { Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { FormEnd } from "./FormEnd";
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
        <FormEnd of={create} onCancel={onClose}>
          {action}
        </FormEnd>
      </Stack>
    </form>
  );
}
