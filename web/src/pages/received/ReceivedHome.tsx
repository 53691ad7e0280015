// pages/received/ReceivedHome.tsx -- a recipient's home: what is shared with me, until when, and what I can ask.
import { Alert, Button, Group, SimpleGrid, Stack } from "@mantine/core";
import { IconDatabaseShare, IconMessage2, IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { nameOf, type SharedTable, sharedTablesQuery } from "~/api/sharing";
import { useMe } from "~/app/session";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { Facts } from "~/parts/Facts";
import { PageHeader } from "~/parts/PageHeader";
import { Section } from "~/parts/Section";
import { shortDate } from "~/parts/time";
import { Until, When } from "~/parts/When";
import { AskForm } from "./AskForm";
import { MyRequests } from "./MyRequests";
import { ReceivedLink } from "./ReceivedLink";

const kSoon = 14 * 86_400_000;

export function ReceivedHome() {
  const { t } = useTranslation();
  const me = useMe();
  const tables = useQuery(sharedTablesQuery);
  const home = useQuery({
    queryKey: ["received", "home"],
    queryFn: () => body(api.GET("/api/2.1/sluice/recipient/home")),
  });
  const [asking, setAsking] = useState(false);
  const ends = (home.data?.tokens ?? [])
    .map((token) => token.expiration_time)
    .filter((time) => time !== undefined);
  const last =
    ends.length > 0 && ends.length === home.data?.tokens.length ? Math.max(...ends) : undefined;
  const provider = home.data?.organization_name;
  const endOf = new Map(
    (home.data?.ending_shares ?? []).map((one) => [one.share, one.expiration_time]),
  );
  const columns: Column<SharedTable>[] = [
    {
      id: "table",
      label: t("received.table"),
      value: nameOf,
      cell: (table) => <ReceivedLink table={table} />,
      width: "minmax(150px, 3fr)",
    },
    { id: "share", label: t("received.share"), value: (table) => table.share, wide: true },
    { id: "schema", label: t("received.schema"), value: (table) => table.schema, wide: true },
    {
      id: "until",
      label: t("shares.who.until"),
      value: (table) => endOf.get(table.share),
      cell: (table) => <Until ms={endOf.get(table.share)} />,
      width: "minmax(90px, 1fr)",
    },
  ];
  return (
    <>
      <PageHeader
        title={t("nav.received")}
        description={
          provider
            ? t("received.from", { provider, name: me.name })
            : t("received.fromNobody", { name: me.name })
        }
        actions={
          <>
            <Button
              variant="default"
              leftSection={<IconMessage2 size={16} aria-hidden />}
              onClick={() => setAsking(true)}
            >
              {t("received.ask.open")}
            </Button>
            <Button
              component={Link}
              to="/received/connect"
              leftSection={<IconPlugConnected size={16} aria-hidden />}
            >
              {t("nav.connect")}
            </Button>
          </>
        }
      />
      <Stack>
        {last !== undefined && last < Date.now() + kSoon && (
          <Alert color="orange" title={t("received.endsTitle", { date: shortDate(last) })}>
            <Group justify="space-between">
              {t("received.endsText")}
              <Button size="xs" onClick={() => setAsking(true)}>
                {t("received.ask.renewal")}
              </Button>
            </Group>
          </Alert>
        )}
        <DataTable
          label={t("nav.received")}
          columns={columns}
          rows={tables.data ?? []}
          rowKey={nameOf}
          isLoading={tables.isLoading}
          error={tables.error}
          onRetry={() => void tables.refetch()}
          empty={
            <EmptyState
              icon={IconDatabaseShare}
              title={t("received.emptyTitle")}
              text={t("received.emptyText")}
            />
          }
        />
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Section title={t("received.access")}>
            <Facts
              facts={[
                [t("received.me"), me.name],
                ...(home.data?.tokens ?? []).map((token, index): [string, React.ReactNode] => [
                  t("received.token", { number: index + 1 }),
                  token.expiration_time === undefined ? (
                    t("received.noEnd")
                  ) : (
                    <>
                      {t("received.until")} <When ms={token.expiration_time} />
                    </>
                  ),
                ]),
              ]}
            />
          </Section>
          <MyRequests />
        </SimpleGrid>
      </Stack>
      <AskForm opened={asking} onClose={() => setAsking(false)} tables={tables.data ?? []} />
    </>
  );
}
