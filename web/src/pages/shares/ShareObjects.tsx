// pages/shares/ShareObjects.tsx -- what is in a share.
import { ActionIcon, Badge, Button, Group, Menu, Modal, Stack, Text, Tooltip } from "@mantine/core";
import { IconDots, IconEdit, IconPlus, IconTable, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { type SharedDataObject, type ShareInfo, useChanged } from "~/api/unity";
import { timeColumn } from "~/parts/columns";
import { ConfirmDialog } from "~/parts/confirm";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { FormEnd } from "~/parts/FormEnd";
import { SecurableLink } from "~/parts/securable";
import { inWords, isComplete } from "./conditions";
import {
  HistoryOptions,
  NameOptions,
  noOptions,
  optionsOf,
  RowOptions,
  toObject,
} from "./ObjectOptions";
import { TablePicker } from "./TablePicker";

type Update = { action: "ADD" | "REMOVE" | "UPDATE"; data_object: SharedDataObject };

function useUpdate(share: string) {
  const changed = useChanged();
  return async (updates: Update[]) => {
    await body(
      api.PATCH("/api/2.1/unity-catalog/shares/{name}", {
        params: { path: { name: share } },
        body: { updates },
      }),
    );
    await changed("share", "shares");
  };
}

export function ShareObjects({ share, recipients }: { share: ShareInfo; recipients: number }) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const [edited, setEdited] = useState<SharedDataObject>();
  const [removed, setRemoved] = useState<SharedDataObject>();
  const update = useUpdate(share.name);
  const objects = share.objects ?? [];
  const add = (
    <Button
      size="sm"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setAdding(true)}
    >
      {t("shares.addTables")}
    </Button>
  );
  return (
    <>
      <DataTable
        label={t("shares.tabs.tablesPlain")}
        columns={useColumns(setEdited, setRemoved)}
        rows={objects}
        rowKey={(object) => `${object.data_object_type} ${object.name} ${object.shared_as}`}
        tools={add}
        empty={
          <EmptyState
            icon={IconTable}
            title={t("shares.noTables")}
            text={t("shares.noTablesText")}
            action={add}
          />
        }
      />
      <AddTables
        opened={adding}
        onClose={() => setAdding(false)}
        share={share}
        recipients={recipients}
        onAdd={(tables) =>
          update(
            tables.map((name) => ({ action: "ADD", data_object: toObject(name, noOptions()) })),
          )
        }
      />
      <Modal
        opened={edited !== undefined}
        onClose={() => setEdited(undefined)}
        title={edited?.name}
        size="xl"
      >
        {edited && (
          <EditObject
            object={edited}
            onClose={() => setEdited(undefined)}
            onSave={(object) => update([{ action: "UPDATE", data_object: object }])}
          />
        )}
      </Modal>
      <ConfirmDialog
        opened={removed !== undefined}
        onClose={() => setRemoved(undefined)}
        title={t("shares.removeTitle", { name: removed?.name ?? "" })}
        consequences={t("shares.removeText", { count: recipients, name: removed?.name ?? "" })}
        action={t("remove")}
        onConfirm={async () => {
          if (!removed) return;
          const { name, data_object_type = "TABLE", shared_as } = removed;
          await update([
            {
              action: "REMOVE",
              data_object: { name, data_object_type, ...(shared_as && { shared_as }) },
            },
          ]);
        }}
      />
    </>
  );
}

function useColumns(
  onEdit: (object: SharedDataObject) => void,
  onRemove: (object: SharedDataObject) => void,
): Column<SharedDataObject>[] {
  const { t } = useTranslation();
  return [
    {
      id: "name",
      label: t("shares.object.table"),
      value: (object) => object.name,
      cell: (object) => (
        <Group gap="xs" wrap="nowrap">
          <SecurableLink type={object.data_object_type ?? "TABLE"} name={object.name} />
          {object.status === "PERMISSION_DENIED" && (
            <Tooltip label={t("shares.object.brokenHint")} multiline w={280}>
              <Badge color="red" tabIndex={0}>
                {t("shares.object.broken")}
              </Badge>
            </Tooltip>
          )}
        </Group>
      ),
      width: "minmax(200px, 2fr)",
    },
    {
      id: "shared_as",
      label: t("shares.object.sharedAs"),
      value: (object) =>
        object.data_object_type === "SCHEMA" ? t("shares.object.wholeSchema") : object.shared_as,
      wide: true,
      width: "minmax(140px, 1.4fr)",
    },
    {
      id: "rows",
      label: t("shares.object.rows"),
      value: (object) => inWords(object.partitions) || t("shares.rows.allShort"),
      wide: true,
      width: "minmax(100px, 1.4fr)",
    },
    {
      id: "history",
      label: t("shares.object.history"),
      value: (object) =>
        object.history_data_sharing_status === "ENABLED"
          ? object.cdf_enabled
            ? t("shares.history.withCdf")
            : t("yes")
          : t("no"),
      wide: true,
      width: "120px",
    },
    timeColumn({
      id: "added",
      label: t("shares.object.added"),
      value: (object) => object.added_at,
      wide: true,
    }),
    {
      id: "actions",
      label: "",
      value: () => "",
      width: "56px",
      cell: (object) => (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("shares.change", { name: object.name })}
            >
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {object.data_object_type !== "SCHEMA" && (
              <Menu.Item
                leftSection={<IconEdit size={16} aria-hidden />}
                onClick={() => onEdit(object)}
              >
                {t("edit")}
              </Menu.Item>
            )}
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => onRemove(object)}
            >
              {t("remove")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
}

interface AddProps {
  opened: boolean;
  onClose: () => void;
  share: ShareInfo;
  recipients: number;
  onAdd: (tables: string[]) => Promise<void>;
}

function AddTables({ opened, onClose, share, recipients, onAdd }: AddProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("shares.addTables")} size="xl">
      {opened && (
        <AddForm
          taken={(share.objects ?? []).map((object) => object.name)}
          recipients={recipients}
          onClose={onClose}
          onAdd={onAdd}
        />
      )}
    </Modal>
  );
}

function AddForm({
  taken,
  recipients,
  onClose,
  onAdd,
}: { taken: string[] } & Pick<AddProps, "recipients" | "onClose" | "onAdd">) {
  const { t } = useTranslation();
  const [tables, setTables] = useState<string[]>([]);
  const add = useMutation({ mutationFn: onAdd, onSuccess: onClose });
  return (
    <Stack>
      <TablePicker chosen={tables} onChange={setTables} taken={taken} />
      <Text size="sm" c="dimmed">
        {t("shares.addText", { count: recipients })}
      </Text>
      {add.error && <ErrorNotice error={add.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button
          disabled={tables.length === 0 || tables.length > 100}
          loading={add.isPending}
          onClick={() => add.mutate(tables)}
        >
          {t("shares.addCount", { count: tables.length })}
        </Button>
      </Group>
    </Stack>
  );
}

interface EditProps {
  object: SharedDataObject;
  onClose: () => void;
  onSave: (object: SharedDataObject) => Promise<void>;
}

function EditObject({ object, onClose, onSave }: EditProps) {
  const { t } = useTranslation();
  const [before] = useState(() => optionsOf(object));
  const [options, setOptions] = useState(before);
  const save = useMutation({ mutationFn: onSave, onSuccess: onClose });
  const props = { table: object.name, value: options, onChange: setOptions };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const { partitions = [], ...rest } = toObject(object.name, options);
        // Which rows go along stays as it is, unless it was edited here.
        save.mutate(options.partitions === before.partitions ? rest : { ...rest, partitions });
      }}
    >
      <Stack>
        <NameOptions {...props} />
        <Text fw={600}>{t("shares.object.rows")}</Text>
        <RowOptions {...props} />
        <Text fw={600}>{t("shares.object.history")}</Text>
        <HistoryOptions {...props} />
        <FormEnd
          of={save}
          onCancel={onClose}
          disabled={!options.partitions.flat().every(isComplete)}
        >
          {t("save")}
        </FormEnd>
      </Stack>
    </form>
  );
}
