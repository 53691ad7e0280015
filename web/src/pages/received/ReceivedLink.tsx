import { Anchor, Group } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { nameOf, type SharedTable } from "~/api/sharing";
import { SecurableIcon } from "~/parts/securable";

export function ReceivedLink({ table }: { table: SharedTable }) {
  return (
    <Group gap={8} wrap="nowrap">
      <SecurableIcon type="table" size={16} />
      <Anchor
        component={Link}
        to={`/received/tables/${encodeURIComponent(nameOf(table))}`}
        size="sm"
        className="break-anywhere"
      >
        {nameOf(table)}
      </Anchor>
    </Group>
  );
}
