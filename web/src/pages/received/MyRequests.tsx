// pages/received/MyRequests.tsx -- what a recipient asked for, and what came of it.
import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { Section } from "~/parts/Section";
import { When } from "~/parts/When";

const kColors = { OPEN: "yellow", APPROVED: "teal", DENIED: "red", CLOSED: "gray" };

export function MyRequests() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["requests", "mine"],
    queryFn: async () =>
      (
        await body(
          api.GET("/api/2.1/sluice/requests", {
            params: { query: { mine: true, max_results: 20 } },
          }),
        )
      ).requests ?? [],
  });
  return (
    <Section title={t("received.requests")}>
      {data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("received.noRequests")}
        </Text>
      )}
      <Stack gap="sm">
        {(data ?? []).map((request) => (
          <div key={request.id}>
            <Group gap="xs">
              <Badge color={kColors[request.status]}>
                {t(`requests.states.${request.status}`)}
              </Badge>
              <Text size="sm" fw={500}>
                {t(`received.ask.kinds.${request.kind}`)}
              </Text>
              <Text size="sm" c="dimmed">
                <When ms={request.created_at} />
              </Text>
            </Group>
            <Text size="sm" className="break-anywhere">
              {request.comment}
            </Text>
            {request.answer && (
              <Text size="sm" c="dimmed" className="break-anywhere">
                {t("received.answer")}: {request.answer}
              </Text>
            )}
          </div>
        ))}
      </Stack>
    </Section>
  );
}
