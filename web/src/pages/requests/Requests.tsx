// pages/requests/Requests.tsx -- what recipients and colleagues ask for, and the answers.
import { Badge, Button, Group, Modal, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { usePages } from "~/api/pages";
import { EmptyState } from "~/parts/EmptyState";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableLink } from "~/parts/securable";
import { When } from "~/parts/When";
import { type Answer, AnswerForm, type Request } from "./AnswerForm";

export function Requests() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(true);
  const [answered, setAnswered] = useState<{ request: Request; status: Answer }>();
  const requests = usePages<Request>(["requests", open], async (token, signal) => {
    const page = await body(
      api.GET("/api/2.1/sluice/requests", {
        params: {
          query: { ...(open && { status: "OPEN" as const }), ...(token && { page_token: token }) },
        },
        signal,
      }),
    );
    return { items: page.requests ?? [], next: page.next_page_token };
  });
  return (
    <>
      <PageHeader title={t("requests.title")} description={t("requests.description")} />
      <Stack maw={860}>
        <SegmentedControl
          aria-label={t("requests.show")}
          value={open ? "open" : "all"}
          onChange={(value) => setOpen(value === "open")}
          data={[
            { value: "open", label: t("requests.open") },
            { value: "all", label: t("all") },
          ]}
          style={{ alignSelf: "flex-start" }}
        />
        {requests.error != null && (
          <ErrorNotice error={requests.error} onRetry={requests.refetch} />
        )}
        {!requests.isLoading && !requests.error && requests.items.length === 0 && (
          <EmptyState
            icon={IconInbox}
            title={open ? t("requests.noneOpen") : t("requests.none")}
            text={t("requests.noneText")}
          />
        )}
        {requests.items.map((request) => (
          <OneRequest
            key={request.id}
            request={request}
            onAnswer={(status) => setAnswered({ request, status })}
          />
        ))}
        {requests.hasMore && (
          <Button variant="default" onClick={requests.loadMore}>
            {t("loadMore")}
          </Button>
        )}
      </Stack>
      <Modal
        opened={answered !== undefined}
        onClose={() => setAnswered(undefined)}
        title={answered && t(`requests.do.${answered.status}`)}
      >
        {answered && <AnswerForm {...answered} onClose={() => setAnswered(undefined)} />}
      </Modal>
    </>
  );
}

const kColors = { OPEN: "yellow", APPROVED: "teal", DENIED: "red", CLOSED: "gray" };

// What it is about: a table of a share, a share, or an object of the catalog.
function About({ request }: { request: Request }) {
  if (request.full_name && request.securable_type) {
    return <SecurableLink type={request.securable_type} name={request.full_name} />;
  }
  return (
    <Group gap="xs">
      {request.share && <SecurableLink type="share" name={request.share} />}
      {request.table && <Text size="sm">{request.table}</Text>}
    </Group>
  );
}

function OneRequest({
  request,
  onAnswer,
}: {
  request: Request;
  onAnswer: (status: Answer) => void;
}) {
  const { t } = useTranslation();
  return (
    <Paper withBorder p="md" component="article" aria-label={t(`requests.kinds.${request.kind}`)}>
      <Group justify="space-between" align="flex-start">
        <Group gap="xs">
          <Badge color={kColors[request.status]}>{t(`requests.states.${request.status}`)}</Badge>
          <Text fw={600}>{t(`requests.kinds.${request.kind}`)}</Text>
          {request.asked_by_type === "recipient" ? (
            <SecurableLink type="recipient" name={request.asked_by} />
          ) : (
            <Text size="sm">{request.asked_by}</Text>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          <When ms={request.created_at} />
        </Text>
      </Group>
      <Stack gap={6} mt="xs">
        <About request={request} />
        {request.privileges && request.privileges.length > 0 && (
          <Text size="sm">{request.privileges.join(", ")}</Text>
        )}
        <Text size="sm" className="break-anywhere" style={{ whiteSpace: "pre-wrap" }}>
          {request.comment}
        </Text>
        {request.answer && (
          <Text size="sm" c="dimmed" className="break-anywhere">
            {t("requests.answered", { who: request.answered_by ?? t("unknown") })}: {request.answer}
          </Text>
        )}
        {request.status === "OPEN" && request.may_answer !== false && (
          <Group gap="xs">
            {request.kind === "feedback" ? (
              <Button size="xs" variant="light" onClick={() => onAnswer("CLOSED")}>
                {t("requests.do.CLOSED")}
              </Button>
            ) : (
              <>
                <Button size="xs" onClick={() => onAnswer("APPROVED")}>
                  {t("requests.do.APPROVED")}
                </Button>
                <Button size="xs" variant="default" onClick={() => onAnswer("DENIED")}>
                  {t("requests.do.DENIED")}
                </Button>
              </>
            )}
          </Group>
        )}
      </Stack>
    </Paper>
  );
}
