// parts/EditDetails.tsx -- name, owner and comment of anything that has them.
import { Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { FormEnd } from "./FormEnd";
import { nameProblem } from "./names";

interface Details {
  name: string;
  owner: string;
  comment: string;
}

export interface DetailsChange {
  new_name?: string;
  owner?: string;
  comment?: string;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  value: Details;
  // What a new name means for others; absent: it cannot be renamed.
  renameHint?: string;
  // Only what is different.
  onSave: (change: DetailsChange) => Promise<unknown>;
}

export function EditDetails(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      {props.opened && <DetailsForm {...props} />}
    </Modal>
  );
}

function DetailsForm({ onClose, value, renameHint, onSave }: Props) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: value,
    validate: {
      name: (name) => nameProblem(name, t),
      owner: (owner) => (owner.trim() === "" ? t("names.missing") : null),
    },
  });
  const save = useMutation({ mutationFn: onSave, onSuccess: onClose });
  const submit = (now: Details) =>
    save.mutate({
      ...(now.name !== value.name && { new_name: now.name }),
      ...(now.owner !== value.owner && { owner: now.owner.trim() }),
      ...(now.comment !== value.comment && { comment: now.comment }),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack>
        {renameHint !== undefined && (
          <TextInput
            label={t("details.name")}
            description={form.isDirty("name") ? renameHint : undefined}
            {...form.getInputProps("name")}
          />
        )}
        <TextInput
          label={t("details.owner")}
          description={t("details.ownerHint")}
          {...form.getInputProps("owner")}
        />
        <Textarea
          label={t("details.comment")}
          autosize
          minRows={2}
          {...form.getInputProps("comment")}
        />
        <FormEnd of={save} onCancel={onClose} disabled={!form.isDirty()}>
          {t("save")}
        </FormEnd>
      </Stack>
    </form>
  );
}
