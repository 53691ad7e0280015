// app/fallbacks.tsx -- what stands in for a page that is not there, not yet there, or broken.
import { Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import { Link, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "~/parts/ErrorNotice";

export function Pending() {
  const { t } = useTranslation();
  return (
    <Center mih="40vh">
      <Loader aria-label={t("loading")} />
    </Center>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Center mih="60vh" component="main">
      <Stack align="center" gap="sm">
        <Title order={1} size="h2">
          {t("notFound.title")}
        </Title>
        <Text c="dimmed">{t("notFound.text")}</Text>
        <Button component={Link} to="/" variant="light">
          {t("notFound.home")}
        </Button>
      </Stack>
    </Center>
  );
}

export function LoadFailure({ error }: { error: unknown }) {
  const router = useRouter();
  // Whatever it was, it may have passed: a server that restarts comes back by itself.
  useEffect(() => {
    const timer = setInterval(() => void router.invalidate(), 5000);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <Center mih="40vh" p="md">
      <ErrorNotice error={error} onRetry={() => void router.invalidate()} />
    </Center>
  );
}
