// pages/settings/ManagedList.tsx -- a list of what the installation has, to which a dialog adds, in which another
// changes, and from which a question takes away.
import { Button, Group, Modal } from "@mantine/core";
import { type Icon, IconPlus } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "~/parts/confirm";
import { DataTable, type TableProps } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { Section } from "~/parts/Section";

interface Props<T> extends Omit<TableProps<T>, "label" | "empty" | "tools"> {
  title: string;
  description: string;
  icon: Icon;
  // What an empty list says.
  none: string;
  noneText?: string;
  nameOf: (row: T) => string;
  // "Create a credential", and the form of the dialog.
  create: string;
  form: (onClose: () => void) => ReactNode;
  // The form that changes a row; nothing: it cannot be changed here.
  editForm?: (row: T, onClose: () => void) => ReactNode;
  // Of both.
  formSize?: "lg";
  // What can be done with a row besides, and how wide all of it is.
  more?: (row: T) => ReactNode;
  actionsWidth?: string;
  onDelete: (row: T) => Promise<unknown>;
  deleteText: string;
  // The name must be typed to delete.
  typed?: boolean;
}

export function ManagedList<T>(props: Props<T>) {
  const { t } = useTranslation();
  const { title, nameOf, more } = props;
  const [creating, setCreating] = useState(false);
  const [edited, setEdited] = useState<T>();
  const [removed, setRemoved] = useState<T>();
  const name = removed === undefined ? "" : nameOf(removed);
  const stopCreating = () => setCreating(false);
  const stopEditing = () => setEdited(undefined);
  const create = (
    <Button
      size="sm"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setCreating(true)}
    >
      {props.create}
    </Button>
  );
  const actions = (row: T) => (
    <Group gap={4} wrap="nowrap" justify="flex-end">
      {more?.(row)}
      {props.editForm?.(row, stopEditing) && (
        <Button
          size="compact-sm"
          variant="subtle"
          aria-label={`${t("edit")} ${nameOf(row)}`}
          onClick={() => setEdited(row)}
        >
          {t("edit")}
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        aria-label={`${t("delete")} ${nameOf(row)}`}
        onClick={() => setRemoved(row)}
      >
        {t("delete")}
      </Button>
    </Group>
  );
  const { actionsWidth = "110px" } = props;
  return (
    <Section title={title} description={props.description} actions={create}>
      <DataTable
        filterable={props.rows.length > 10}
        {...props}
        label={title}
        columns={[
          ...props.columns,
          {
            id: "actions",
            label: "",
            value: () => "",
            width: actionsWidth,
            align: "end",
            cell: actions,
          },
        ]}
        empty={
          <EmptyState icon={props.icon} title={props.none} text={props.noneText} action={create} />
        }
      />
      <Modal opened={creating} onClose={stopCreating} title={props.create} size={props.formSize}>
        {creating && props.form(stopCreating)}
      </Modal>
      <Modal
        opened={edited !== undefined}
        onClose={stopEditing}
        title={t("shares.editTitle", { name: edited === undefined ? "" : nameOf(edited) })}
        size={props.formSize}
      >
        {edited !== undefined && props.editForm?.(edited, stopEditing)}
      </Modal>
      <ConfirmDialog
        opened={removed !== undefined}
        onClose={() => setRemoved(undefined)}
        title={t("catalog.deleteTitle", { name })}
        consequences={props.deleteText}
        {...(props.typed && removed !== undefined && { typed: name })}
        action={t("delete")}
        onConfirm={async () => removed !== undefined && props.onDelete(removed)}
      />
    </Section>
  );
}
