// parts/EditOrDelete.tsx -- what can be done with the thing of a page: at the end of its heading.
import { Button, Menu } from "@mantine/core";
import { IconDots, IconEdit, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface Props {
  onEdit: () => void;
  onDelete: () => void;
  // "Delete the share"
  deleteLabel: string;
}

export function EditOrDelete({ onEdit, onDelete, deleteLabel }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <Button variant="default" leftSection={<IconEdit size={16} aria-hidden />} onClick={onEdit}>
        {t("edit")}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" px="xs" aria-label={t("more")}>
            <IconDots size={18} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={onDelete}
          >
            {deleteLabel}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
