// parts/Permissions.tsx -- who may do what with a securable, from where they have it, and why.
import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Group,
  List,
  Modal,
  SimpleGrid,
  Stack,
  Text,
  ThemeIcon,
  Tooltip,
} from "@mantine/core";
import { IconCheck, IconLock, IconPlus, IconQuestionMark, IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { allPages } from "~/api/pages";
import { type Privilege, useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { ConfirmDialog } from "./confirm";
import { type Column, DataTable } from "./DataTable";
import { EmptyState } from "./EmptyState";
import { ErrorNotice } from "./ErrorNotice";
import { FormEnd } from "./FormEnd";
import { PrincipalInput } from "./PrincipalInput";
import { type Grantable, inWords, kPrivileges } from "./privileges";
import { pathOf } from "./securable";

type Assignment = components["schemas"]["EffectivePrivilegeAssignment"];

interface Row {
  principal: string;
  // On this securable itself.
  own: Privilege[];
  inherited: { privilege: Privilege; type: string; name: string }[];
}

function toRow({ principal, privileges }: Assignment): Row {
  const own = privileges.filter((one) => one.inherited_from_type === undefined);
  const inherited = privileges.filter((one) => one.inherited_from_type !== undefined);
  return {
    principal,
    own: own.map((one) => one.privilege),
    inherited: inherited.map((one) => ({
      privilege: one.privilege,
      type: one.inherited_from_type ?? "",
      name: one.inherited_from_name ?? "",
    })),
  };
}

interface Props {
  type: Grantable;
  // For the metastore its id.
  name: string;
}

export function Permissions({ type, name }: Props) {
  const { t } = useTranslation();
  const path = { securable_type: type, full_name: name };
  const permissions = useQuery({
    queryKey: ["permissions", type, name],
    queryFn: () =>
      allPages<Row>(async (token) => {
        const page = await body(
          api.GET("/api/2.1/unity-catalog/effective-permissions/{securable_type}/{full_name}", {
            params: { path, query: { max_results: 0, ...(token && { page_token: token }) } },
          }),
        );
        return { items: (page.privilege_assignments ?? []).map(toRow), next: page.next_page_token };
      }),
  });
  const changed = useChanged();
  const [granting, setGranting] = useState(false);
  const [revoked, setRevoked] = useState<Row>();
  const [asked, setAsked] = useState<string>();
  const change = async (changes: components["schemas"]["PermissionsChange"][]) => {
    await body(
      api.PATCH("/api/2.1/unity-catalog/permissions/{securable_type}/{full_name}", {
        params: { path },
        body: { changes },
      }),
    );
    await changed("permissions");
  };
  const grant = (
    <Button
      size="sm"
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setGranting(true)}
    >
      {t("permissions.grant")}
    </Button>
  );
  const columns: Column<Row>[] = [
    {
      id: "principal",
      label: t("permissions.principal"),
      value: (row) => row.principal,
      width: "minmax(160px, 1.2fr)",
    },
    {
      id: "privileges",
      label: t("permissions.privileges"),
      value: (row) => [...row.own, ...row.inherited.map((one) => one.privilege)].join(" "),
      cell: (row) => (
        <Group gap={6}>
          {row.own.map((privilege) => (
            <Badge key={privilege} variant="light">
              {inWords(privilege)}
            </Badge>
          ))}
          {row.inherited.map(({ privilege, type: from, name: parent }) => (
            <Tooltip
              key={`${privilege} ${parent}`}
              label={t("permissions.inherited", {
                type: inWords(from).toLowerCase(),
                name: parent,
              })}
            >
              <Badge
                component="a"
                href={pathOf(from, parent)}
                variant="outline"
                color="gray"
                style={{ cursor: "pointer" }}
              >
                {inWords(privilege)}
              </Badge>
            </Tooltip>
          ))}
        </Group>
      ),
      width: "minmax(200px, 3fr)",
    },
    {
      id: "actions",
      label: "",
      value: () => "",
      width: "170px",
      align: "end",
      cell: (row) => (
        <Group gap={4} wrap="nowrap" justify="flex-end">
          <Button
            size="compact-sm"
            variant="subtle"
            aria-label={t("permissions.whyFor", { principal: row.principal })}
            onClick={() => setAsked(row.principal)}
          >
            {t("permissions.why")}
          </Button>
          {row.own.length > 0 && (
            <Button
              size="compact-sm"
              variant="subtle"
              color="red"
              aria-label={t("permissions.revokeFrom", { principal: row.principal })}
              onClick={() => setRevoked(row)}
            >
              {t("permissions.revoke")}
            </Button>
          )}
        </Group>
      ),
    },
  ];
  return (
    <>
      <DataTable
        label={t("permissions.title")}
        columns={columns}
        rows={permissions.data ?? []}
        rowKey={(row) => row.principal}
        isLoading={permissions.isLoading}
        error={permissions.error}
        onRetry={() => void permissions.refetch()}
        tools={
          <>
            <Button
              size="sm"
              variant="default"
              leftSection={<IconQuestionMark size={16} aria-hidden />}
              onClick={() => setAsked("")}
            >
              {t("permissions.check")}
            </Button>
            {grant}
          </>
        }
        empty={
          <EmptyState
            icon={IconLock}
            title={t("permissions.emptyTitle")}
            text={t("permissions.emptyText")}
            action={
              <Group>
                <Button size="sm" variant="default" onClick={() => setAsked("")}>
                  {t("permissions.check")}
                </Button>
                {grant}
              </Group>
            }
          />
        }
      />
      <Modal
        opened={granting}
        onClose={() => setGranting(false)}
        title={t("permissions.grant")}
        size="lg"
      >
        {granting && (
          <GrantForm
            type={type}
            onClose={() => setGranting(false)}
            onGrant={(principal, add) => change([{ principal, add }])}
          />
        )}
      </Modal>
      <Modal
        opened={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={t("permissions.whyTitle", { name })}
        size="lg"
      >
        {asked !== undefined && <Explain type={type} name={name} principal={asked} />}
      </Modal>
      <ConfirmDialog
        opened={revoked !== undefined}
        onClose={() => setRevoked(undefined)}
        title={t("permissions.revokeTitle", { principal: revoked?.principal ?? "" })}
        consequences={t("permissions.revokeText", {
          principal: revoked?.principal ?? "",
          privileges: revoked?.own.map(inWords).join(", ") ?? "",
          name,
        })}
        action={t("permissions.revoke")}
        onConfirm={() =>
          revoked
            ? change([{ principal: revoked.principal, remove: revoked.own }])
            : Promise.resolve()
        }
      />
    </>
  );
}

interface GrantProps {
  type: Grantable;
  onClose: () => void;
  onGrant: (principal: string, privileges: Privilege[]) => Promise<void>;
}

function GrantForm({ type, onClose, onGrant }: GrantProps) {
  const { t } = useTranslation();
  const [principal, setPrincipal] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const grant = useMutation({
    mutationFn: () => onGrant(principal.trim(), chosen as Privilege[]),
    onSuccess: onClose,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (principal.trim() && chosen.length > 0) grant.mutate();
      }}
    >
      <Stack>
        <PrincipalInput
          label={t("permissions.principal")}
          value={principal}
          onChange={setPrincipal}
        />
        <Checkbox.Group label={t("permissions.privileges")} value={chosen} onChange={setChosen}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} mt="xs" spacing="xs">
            {kPrivileges[type].map((privilege) => (
              <Checkbox
                key={privilege}
                value={privilege}
                label={inWords(privilege)}
                description={t(`permissions.meaning.${privilege as "SELECT"}`)}
              />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        <FormEnd
          of={grant}
          onCancel={onClose}
          disabled={principal.trim() === "" || chosen.length === 0}
        >
          {t("permissions.grant")}
        </FormEnd>
      </Stack>
    </form>
  );
}

function Explain({ type, name, principal: first }: Props & { principal: string }) {
  const { t } = useTranslation();
  const [principal, setPrincipal] = useState(first);
  const [asked, setAsked] = useState(first);
  const answer = useQuery({
    queryKey: ["permissions", "why", type, name, asked],
    enabled: asked !== "",
    queryFn: () =>
      body(
        api.GET("/api/2.1/sluice/explain-access", {
          params: { query: { principal: asked, securable_type: type, full_name: name } },
        }),
      ),
  });
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(principal.trim());
        }}
      >
        <Group align="flex-end" wrap="nowrap">
          <PrincipalInput
            label={t("permissions.principal")}
            value={principal}
            onChange={setPrincipal}
          />
          <Button type="submit" disabled={principal.trim() === ""} loading={answer.isFetching}>
            {t("permissions.check")}
          </Button>
        </Group>
      </form>
      {answer.error && <ErrorNotice error={answer.error} />}
      {answer.data && (
        <>
          <Alert color={answer.data.allowed ? "teal" : "yellow"}>{answer.data.reason}</Alert>
          <List spacing="xs" size="sm" center>
            {answer.data.access.map(({ what, allowed, reason }) => (
              <List.Item
                key={what}
                icon={
                  <ThemeIcon
                    size={20}
                    radius="xl"
                    color={allowed ? "teal" : "gray"}
                    variant="light"
                  >
                    {allowed ? (
                      <IconCheck size={13} aria-hidden />
                    ) : (
                      <IconX size={13} aria-hidden />
                    )}
                  </ThemeIcon>
                }
              >
                <Text size="sm" fw={600} span>
                  {what}: {allowed ? t("yes") : t("no")}.
                </Text>{" "}
                {reason}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Stack>
  );
}
