// pages/settings/People.tsx -- who may sign in and manage: users, groups, service principals.
import { Badge, Button, Modal, Stack, TextInput } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";
import { type UseQueryResult, useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import {
  type Group as GroupInfo,
  groupsQuery,
  type ServicePrincipal,
  servicePrincipalsQuery,
  type User,
  usersQuery,
} from "~/api/people";
import { useChanged } from "~/api/unity";
import type { Column } from "~/parts/DataTable";
import { FormEnd } from "~/parts/FormEnd";
import { UrlTabs } from "~/parts/UrlTabs";
import { GroupMembers } from "./GroupMembers";
import { IssueToken } from "./IssueToken";
import { ManagedList } from "./ManagedList";

type Kind = "users" | "groups" | "services";

export function People() {
  const { t } = useTranslation();
  return (
    <UrlTabs
      label={t("settings.sections.people")}
      tabs={[
        { value: "users", label: t("settings.people.users"), content: () => <Users /> },
        { value: "groups", label: t("settings.people.groups"), content: () => <Groups /> },
        { value: "services", label: t("settings.people.services"), content: () => <Services /> },
      ]}
    />
  );
}

function useRemove(kind: Kind) {
  const changed = useChanged();
  return async (id: string) => {
    const params = { path: { id } };
    if (kind === "users") await body(api.DELETE("/api/2.0/preview/scim/v2/Users/{id}", { params }));
    if (kind === "groups")
      await body(api.DELETE("/api/2.0/preview/scim/v2/Groups/{id}", { params }));
    if (kind === "services") {
      await body(api.DELETE("/api/2.0/preview/scim/v2/ServicePrincipals/{id}", { params }));
    }
    await changed("users", "groups", "servicePrincipals");
  };
}

// One more, by the one text that it needs.
function useAdd(kind: Kind) {
  const changed = useChanged();
  return async (name: string) => {
    if (kind === "users") {
      await body(api.POST("/api/2.0/preview/scim/v2/Users", { body: { userName: name } as never }));
    } else if (kind === "groups") {
      await body(
        api.POST("/api/2.0/preview/scim/v2/Groups", { body: { displayName: name } as never }),
      );
    } else {
      await body(
        api.POST("/api/2.0/preview/scim/v2/ServicePrincipals", {
          body: { displayName: name } as never,
        }),
      );
    }
    await changed("users", "groups", "servicePrincipals");
  };
}

interface ListProps<T> {
  kind: Kind;
  query: UseQueryResult<T[]>;
  columns: Column<T>[];
  nameOf: (row: T) => string;
  // What can be done with one besides.
  more: (row: T) => ReactNode;
}

function Listed<T extends { id: string }>({ kind, query, ...rest }: ListProps<T>) {
  const { t } = useTranslation();
  const remove = useRemove(kind);
  return (
    <ManagedList
      {...rest}
      rows={query.data ?? []}
      isLoading={query.isLoading}
      error={query.error}
      rowKey={(row) => row.id}
      filterable
      title={t(`settings.people.${kind}`)}
      description={t(`settings.people.text.${kind}`)}
      icon={IconUser}
      none={t("settings.people.nobody")}
      create={t(`settings.people.add.${kind}`)}
      form={(onClose) => <AddForm kind={kind} onClose={onClose} />}
      actionsWidth="230px"
      deleteText={t(`settings.people.deleteText.${kind}`)}
      onDelete={(row) => remove(row.id)}
    />
  );
}

interface AddProps {
  kind: Kind;
  onClose: () => void;
}

function AddForm({ kind, onClose }: AddProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const add = useMutation({ mutationFn: useAdd(kind), onSuccess: onClose });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(name.trim());
      }}
    >
      <Stack>
        <TextInput
          label={t(`settings.people.nameOf.${kind}`)}
          type={kind === "users" ? "email" : "text"}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
          required
        />
        <FormEnd of={add} onCancel={onClose}>
          {t("add")}
        </FormEnd>
      </Stack>
    </form>
  );
}

function Users() {
  const { t } = useTranslation();
  const users = useQuery(usersQuery);
  const [issued, setIssued] = useState<string>();
  return (
    <>
      <Listed<User>
        kind="users"
        query={users}
        nameOf={(user) => user.userName}
        columns={[
          {
            id: "name",
            label: t("settings.people.nameOf.users"),
            value: (user) => user.userName,
            width: "minmax(180px, 2fr)",
          },
          {
            id: "display",
            label: t("catalog.name"),
            value: (user) => user.displayName,
            wide: true,
          },
          {
            id: "active",
            label: t("recipients.stateLabel"),
            value: (user) =>
              user.active === false ? t("settings.people.inactive") : t("settings.people.active"),
            cell: (user) =>
              user.active === false ? (
                <Badge color="gray">{t("settings.people.inactive")}</Badge>
              ) : (
                <Badge color="teal">{t("settings.people.active")}</Badge>
              ),
            wide: true,
            width: "110px",
          },
        ]}
        more={(user) => (
          <Button size="compact-sm" variant="subtle" onClick={() => setIssued(user.userName)}>
            {t("settings.people.issue")}
          </Button>
        )}
      />
      <IssueToken principal={issued} onClose={() => setIssued(undefined)} />
    </>
  );
}

function Groups() {
  const { t } = useTranslation();
  const groups = useQuery(groupsQuery);
  const [opened, setOpened] = useState<string>();
  const group = groups.data?.find((one) => one.id === opened);
  return (
    <>
      <Listed<GroupInfo>
        kind="groups"
        query={groups}
        nameOf={(one) => one.displayName}
        columns={[
          {
            id: "name",
            label: t("catalog.name"),
            value: (one) => one.displayName,
            width: "minmax(180px, 2fr)",
          },
          {
            id: "members",
            label: t("settings.people.members"),
            value: (one) => one.members?.length ?? 0,
            width: "110px",
          },
        ]}
        more={(one) => (
          <Button size="compact-sm" variant="subtle" onClick={() => setOpened(one.id)}>
            {t("settings.people.members")}
          </Button>
        )}
      />
      <Modal
        opened={group !== undefined}
        onClose={() => setOpened(undefined)}
        title={t("settings.people.membersOf", { name: group?.displayName ?? "" })}
      >
        {group && <GroupMembers group={group} />}
      </Modal>
    </>
  );
}

function Services() {
  const { t } = useTranslation();
  const services = useQuery(servicePrincipalsQuery);
  const [issued, setIssued] = useState<string>();
  return (
    <>
      <Listed<ServicePrincipal>
        kind="services"
        query={services}
        nameOf={(one) => one.displayName ?? one.applicationId}
        columns={[
          {
            id: "name",
            label: t("catalog.name"),
            value: (one) => one.displayName,
            width: "minmax(160px, 1.4fr)",
          },
          {
            id: "application",
            label: t("settings.people.application"),
            value: (one) => one.applicationId,
            wide: true,
            width: "minmax(200px, 2fr)",
          },
        ]}
        more={(one) => (
          <Button size="compact-sm" variant="subtle" onClick={() => setIssued(one.applicationId)}>
            {t("settings.people.issue")}
          </Button>
        )}
      />
      <IssueToken principal={issued} onClose={() => setIssued(undefined)} />
    </>
  );
}
