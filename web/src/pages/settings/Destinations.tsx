// pages/settings/Destinations.tsx -- where notifications go besides the portal: mail and webhooks, and which.
import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Group,
  Modal,
  PasswordInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { kNotificationKinds, type NotificationKind } from "~/api/notifications";
import { usePages } from "~/api/pages";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { CopyField } from "~/parts/CopyField";
import type { Column } from "~/parts/DataTable";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { FormEnd } from "~/parts/FormEnd";
import { ManagedList } from "./ManagedList";

type Destination = components["schemas"]["NotificationDestinationName"];
type Subscription = components["schemas"]["NotificationSubscription"];

export function Destinations() {
  const { t } = useTranslation();
  const changed = useChanged();
  const destinations = usePages<Destination>(["destinations"], async (token) => {
    const page = await body(
      api.GET("/api/2.0/notification-destinations", {
        params: { query: token ? { page_token: token } : {} },
      }),
    );
    return { items: page.results ?? [], next: page.next_page_token };
  });
  const subscriptions = useQuery({
    queryKey: ["subscriptions"],
    queryFn: async () =>
      (await body(api.GET("/api/2.1/sluice/notification-subscriptions"))).subscriptions,
  });
  const [subscribed, setSubscribed] = useState<Destination>();
  const of = (destination: Destination): Subscription[] =>
    (subscriptions.data ?? []).filter((one) => one.destination_id === destination.id);
  const columns: Column<Destination>[] = [
    {
      id: "name",
      label: t("catalog.name"),
      value: (one) => one.display_name,
      width: "minmax(140px, 1.4fr)",
    },
    {
      id: "type",
      label: t("catalog.type"),
      value: (one) => one.destination_type,
      cell: (one) => <Badge variant="light">{one.destination_type}</Badge>,
      wide: true,
      width: "120px",
    },
    {
      id: "kinds",
      label: t("settings.destinations.about"),
      value: (one) => of(one).flatMap((subscription) => subscription.kinds).length,
      cell: (one) => (
        <Text size="sm" span>
          {t("settings.destinations.kindCount", {
            count: new Set(of(one).flatMap((subscription) => subscription.kinds)).size,
          })}
        </Text>
      ),
      wide: true,
    },
  ];
  return (
    <>
      <ManagedList
        {...destinations}
        rows={destinations.items}
        // Everybody may see the empty list, and only administrators what belongs to it.
        error={destinations.error ?? subscriptions.error}
        onRetry={() => {
          destinations.refetch();
          void subscriptions.refetch();
        }}
        title={t("settings.sections.notifications")}
        description={t("settings.destinations.description")}
        icon={IconBell}
        none={t("settings.destinations.none")}
        noneText={t("settings.destinations.noneText")}
        columns={columns}
        rowKey={(one) => one.id ?? ""}
        nameOf={(one) => one.display_name ?? ""}
        create={t("settings.destinations.create")}
        form={(onClose) => <CreateForm onClose={onClose} />}
        formSize="lg"
        more={(one) => (
          <>
            <TestButton destination={one} />
            <Button size="compact-sm" variant="subtle" onClick={() => setSubscribed(one)}>
              {t("settings.destinations.choose")}
            </Button>
          </>
        )}
        actionsWidth="230px"
        deleteText={t("settings.destinations.deleteText")}
        onDelete={async ({ id = "" }) => {
          await body(
            api.DELETE("/api/2.0/notification-destinations/{id}", { params: { path: { id } } }),
          );
          await changed("destinations", "subscriptions");
        }}
      />
      <Modal
        opened={subscribed !== undefined}
        onClose={() => setSubscribed(undefined)}
        title={t("settings.destinations.chooseTitle", { name: subscribed?.display_name ?? "" })}
        size="lg"
      >
        {subscribed && (
          <SubscriptionForm
            destination={subscribed}
            current={of(subscribed)}
            onClose={() => setSubscribed(undefined)}
          />
        )}
      </Modal>
    </>
  );
}

function TestButton({ destination }: { destination: Destination }) {
  const { t } = useTranslation();
  const [told, setTold] = useState(false);
  const test = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/2.1/sluice/notification-destinations/{id}/test", {
          params: { path: { id: destination.id ?? "" } },
        }),
      ),
    onSettled: () => setTold(true),
  });
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        loading={test.isPending}
        onClick={() => test.mutate()}
      >
        {t("settings.destinations.test")}
      </Button>
      <Modal opened={told} onClose={() => setTold(false)} title={t("settings.destinations.test")}>
        {test.error && <ErrorNotice error={test.error} />}
        {test.data && (
          <Alert color={test.data.delivered ? "teal" : "red"}>
            {test.data.delivered
              ? t("settings.destinations.delivered")
              : (test.data.message ?? t("settings.destinations.notDelivered"))}
          </Alert>
        )}
      </Modal>
    </>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [kind, setKind] = useState("email");
  const [name, setName] = useState("");
  const [addresses, setAddresses] = useState<string[]>([]);
  const [url, setUrl] = useState("");
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const create = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/2.0/notification-destinations", {
          body: {
            display_name: name,
            config:
              kind === "email"
                ? { email: { addresses } }
                : {
                    generic_webhook: {
                      url,
                      ...(username && { username }),
                      ...(password && { password }),
                    },
                  },
          },
        }),
      ),
    onSuccess: async (made) => {
      await changed("destinations");
      if (!made.signing_secret) onClose();
    },
  });
  if (create.data?.signing_secret) {
    return (
      <Stack>
        <Text size="sm">{t("settings.destinations.secretText")}</Text>
        <CopyField value={create.data.signing_secret} label={t("settings.destinations.secret")} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("done")}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <Stack>
        <SegmentedControl
          value={kind}
          onChange={setKind}
          aria-label={t("catalog.type")}
          data={[
            { value: "email", label: t("settings.destinations.email") },
            { value: "webhook", label: t("settings.destinations.webhook") },
          ]}
        />
        <TextInput
          label={t("catalog.name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
          required
        />
        {kind === "email" ? (
          <TagsInput
            label={t("settings.destinations.addresses")}
            description={t("settings.destinations.addressesHint")}
            value={addresses}
            onChange={setAddresses}
            acceptValueOnBlur
            data={[]}
          />
        ) : (
          <>
            <TextInput
              label="URL"
              description={t("settings.destinations.urlHint")}
              type="url"
              value={url}
              onChange={(event) => setUrl(event.currentTarget.value)}
              required
            />
            <Group grow>
              <TextInput
                label={t("settings.destinations.username")}
                value={username}
                onChange={(event) => setUsername(event.currentTarget.value)}
                autoComplete="off"
              />
              <PasswordInput
                label={t("settings.destinations.password")}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                autoComplete="new-password"
              />
            </Group>
          </>
        )}
        <FormEnd of={create} onCancel={onClose}>
          {t("settings.destinations.create")}
        </FormEnd>
      </Stack>
    </form>
  );
}

interface SubscriptionProps {
  destination: Destination;
  current: Subscription[];
  onClose: () => void;
}

function SubscriptionForm({ destination, current, onClose }: SubscriptionProps) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [kinds, setKinds] = useState<string[]>([...new Set(current.flatMap((one) => one.kinds))]);
  const save = useMutation({
    // The new one first: what fails in between may tell twice, but never nothing.
    mutationFn: async () => {
      if (kinds.length > 0) {
        await body(
          api.POST("/api/2.1/sluice/notification-subscriptions", {
            body: { destination_id: destination.id ?? "", kinds: kinds as NotificationKind[] },
          }),
        );
      }
      for (const { id } of current) {
        await body(
          api.DELETE("/api/2.1/sluice/notification-subscriptions/{id}", {
            params: { path: { id } },
          }),
        );
      }
    },
    onSuccess: onClose,
    onSettled: () => changed("subscriptions"),
  });
  return (
    <Stack>
      <Checkbox.Group
        value={kinds}
        onChange={setKinds}
        label={t("settings.destinations.tellAbout")}
      >
        <SimpleGrid cols={{ base: 1, xs: 2 }} mt="xs" spacing="xs">
          {kNotificationKinds.map((kind) => (
            <Checkbox key={kind} value={kind} label={t(`notifications.kinds.${kind}`)} />
          ))}
        </SimpleGrid>
      </Checkbox.Group>
      {save.error && <ErrorNotice error={save.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button loading={save.isPending} onClick={() => save.mutate()}>
          {t("save")}
        </Button>
      </Group>
    </Stack>
  );
}
