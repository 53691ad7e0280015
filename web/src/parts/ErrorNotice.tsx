// parts/ErrorNotice.tsx -- what failed, in the server's words, and what can be done about it.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { ApiError } from "~/api/errors";

interface Props {
  error: unknown;
  // In place of the server's sentence.
  message?: string | undefined;
  onRetry?: () => void;
}

export function ErrorNotice({ error, message, onRetry }: Props) {
  const { t } = useTranslation();
  const { title, text, requestId } = explain(error, t);
  return (
    <Alert color="red" title={title} icon={<IconAlertTriangle aria-hidden />} role="alert">
      <Stack gap="xs">
        <Text size="sm" className="break-anywhere">
          {message ?? text}
        </Text>
        {(requestId || onRetry) && (
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              {requestId && t("errors.requestId", { id: requestId })}
            </Text>
            {onRetry && (
              <Button size="compact-sm" variant="light" color="red" onClick={onRetry}>
                {t("retry")}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

function explain(error: unknown, t: TFunction) {
  if (!(error instanceof ApiError)) {
    return {
      title: t("errors.title"),
      text: error instanceof Error ? error.message : String(error),
    };
  }
  if (error.status === 0)
    return { title: t("errors.unreachableTitle"), text: t("errors.unreachable") };
  const titles: Record<number, string> = {
    403: t("errors.forbidden"),
    404: t("errors.notFound"),
    409: t("errors.conflict"),
    429: t("errors.tooMany"),
  };
  return {
    title: titles[error.status] ?? t("errors.title"),
    text: error.message || t("errors.unknown", { status: error.status }),
    requestId: error.status >= 500 ? error.requestId : undefined,
  };
}
