// pages/settings/GroupMembers.tsx -- who is in a group.
import { ActionIcon, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import {
  type Group as GroupInfo,
  groupsQuery,
  servicePrincipalsQuery,
  usersQuery,
} from "~/api/people";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { ErrorNotice } from "~/parts/ErrorNotice";

type Operation = components["schemas"]["ScimPatch"]["Operations"][number];

export function GroupMembers({ group }: { group: GroupInfo }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const users = useQuery(usersQuery);
  const groups = useQuery(groupsQuery);
  const services = useQuery(servicePrincipalsQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const names = new Map<string, string>([
    ...(users.data ?? []).map((one) => [one.id, one.userName] as const),
    ...(groups.data ?? []).map((one) => [one.id, one.displayName] as const),
    ...(services.data ?? []).map((one) => [one.id, one.displayName ?? one.applicationId] as const),
  ]);
  const members = (group.members ?? []).map((member) => member.value ?? "");
  const patch = useMutation({
    mutationFn: (operation: Operation) =>
      body(
        api.PATCH("/api/2.0/preview/scim/v2/Groups/{id}", {
          params: { path: { id: group.id } },
          body: {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            Operations: [operation],
          },
        }),
      ),
    onSuccess: async () => {
      setChosen(null);
      await changed("groups", "users");
    },
  });
  const others = [...names]
    .filter(([id]) => id !== group.id && !members.includes(id))
    .map(([value, label]) => ({ value, label }));
  return (
    <Stack>
      {members.length === 0 && <Text c="dimmed">{t("settings.people.noMembers")}</Text>}
      {members.map((id) => {
        const name = names.get(id) ?? id;
        return (
          <Group key={id} justify="space-between" wrap="nowrap">
            <Text size="sm" className="break-anywhere">
              {name}
            </Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${t("remove")} ${name}`}
              onClick={() => patch.mutate({ op: "remove", path: `members[value eq "${id}"]` })}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </Group>
        );
      })}
      {patch.error && <ErrorNotice error={patch.error} />}
      <Group align="flex-end" wrap="nowrap">
        <Select
          label={t("settings.people.addMember")}
          data={others}
          value={chosen}
          onChange={setChosen}
          searchable
          limit={100}
          style={{ flex: 1 }}
        />
        <Button
          disabled={chosen === null}
          loading={patch.isPending}
          onClick={() =>
            chosen && patch.mutate({ op: "add", path: "members", value: [{ value: chosen }] })
          }
        >
          {t("add")}
        </Button>
      </Group>
    </Stack>
  );
}
