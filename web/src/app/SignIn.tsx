// app/SignIn.tsx -- users come with a personal access token, recipients with their credential file.
import {
  Button,
  Center,
  FileButton,
  Paper,
  PasswordInput,
  Stack,
  Tabs,
  Text,
  Title,
} from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type DragEvent, type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isSignedOut } from "~/api/errors";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { usePageTitle } from "~/parts/page_title";
import { localPath } from "./local_path";
import { readProfile } from "./read_profile";
import { useSignIn } from "./session";

export function SignIn() {
  const { t } = useTranslation();
  usePageTitle(t("signIn.title"));
  // Looked at here again, where it is followed.
  const search = useSearch({ from: "/sign-in" });
  const next = localPath(search.next);
  const navigate = useNavigate();
  const signIn = useSignIn();
  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: (session) =>
      navigate({
        href: next ?? (session.principal_type === "user" ? "/" : "/received"),
        replace: true,
      }),
  });
  const failure = attempt.error;
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder shadow="sm" p="xl" radius="lg" w="100%" maw={440}>
        <Stack>
          <Stack align="center" gap={6}>
            <img src="/icon.svg" width={44} height={44} alt="" />
            <Title order={1} size="h3">
              {t("signIn.title")}
            </Title>
            {next && next !== "/" && (
              <Text size="sm" c="dimmed" ta="center">
                {t("signIn.ended")}
              </Text>
            )}
          </Stack>
          {failure && (
            <ErrorNotice
              error={failure}
              message={isSignedOut(failure) ? t("signIn.refused") : undefined}
            />
          )}
          <Tabs defaultValue={search.as ?? "user"} onChange={() => attempt.reset()}>
            <Tabs.List grow mb="md">
              <Tabs.Tab value="user">{t("signIn.user")}</Tabs.Tab>
              <Tabs.Tab value="recipient">{t("signIn.recipient")}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="user">
              <TokenForm busy={attempt.isPending} onToken={attempt.mutate} />
            </Tabs.Panel>
            <Tabs.Panel value="recipient">
              <ProfileForm busy={attempt.isPending} onToken={attempt.mutate} />
            </Tabs.Panel>
          </Tabs>
        </Stack>
      </Paper>
    </Center>
  );
}

interface FormProps {
  busy: boolean;
  onToken: (token: string) => void;
}

function TokenForm({ busy, onToken }: FormProps) {
  const { t } = useTranslation();
  const [token, setToken] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) onToken(token.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label={t("signIn.tokenLabel")}
          description={t("signIn.tokenHint")}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="current-password"
          data-autofocus
          required
        />
        <Button type="submit" loading={busy}>
          {t("signIn.submit")}
        </Button>
      </Stack>
    </form>
  );
}

function ProfileForm({ busy, onToken }: FormProps) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<string>();
  const again = useRef<() => void>(null);
  const take = async (file: File | null | undefined) => {
    if (!file) return;
    // The same file may be chosen again after it was changed.
    again.current?.();
    const profile = readProfile(await file.text());
    if (!profile) return setProblem(t("signIn.notAProfile"));
    // Its token belongs to the server that the file names, so it is given to no other.
    if (new URL(profile.endpoint).host !== window.location.host) {
      return setProblem(t("signIn.otherServer", { endpoint: profile.endpoint }));
    }
    setProblem(undefined);
    onToken(profile.token);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first.
    <div onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Paper withBorder p="lg" style={{ borderStyle: "dashed" }}>
        <Stack align="center" gap="sm">
          <IconFileUpload size={32} stroke={1.4} aria-hidden />
          <Text size="sm">{t("signIn.drop")}</Text>
          <FileButton
            resetRef={again}
            onChange={(file) => void take(file)}
            accept=".share,.json,application/json"
          >
            {(props) => (
              <Button {...props} loading={busy}>
                {t("signIn.choose")}
              </Button>
            )}
          </FileButton>
          <Text size="xs" c="dimmed" ta="center">
            {t("signIn.fileHint")}
          </Text>
          {problem && (
            <Text size="sm" c="var(--mantine-color-error)" role="alert" className="break-anywhere">
              {problem}
            </Text>
          )}
        </Stack>
      </Paper>
    </div>
  );
}
