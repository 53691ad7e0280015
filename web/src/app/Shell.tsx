// app/Shell.tsx -- the frame around the pages: where one is, where one can go, who one is.
import {
  ActionIcon,
  AppShell,
  Avatar,
  Box,
  Burger,
  Group,
  Kbd,
  Menu,
  NavLink,
  ScrollArea,
  SegmentedControl,
  Text,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  type Icon,
  IconBell,
  IconChartHistogram,
  IconDatabase,
  IconDatabaseShare,
  IconHome,
  IconInbox,
  IconLogout,
  IconPackageExport,
  IconPlugConnected,
  IconSearch,
  IconSettings,
  IconShieldSearch,
  IconUsers,
} from "@tabler/icons-react";
import { Link, Outlet, useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { warmPages } from "./pages";
import { SearchDialog, useSearchDialog } from "./SearchDialog";
import { MeProvider, useSession, useSignOut } from "./session";
import { UnreadCount } from "./UnreadCount";

interface Place {
  to: string;
  icon: Icon;
  label: string;
  badge?: ReactNode;
}

function Places({ places, onGo }: { places: Place[]; onGo: () => void }) {
  const { pathname } = useLocation();
  return places.map(({ to, icon: PlaceIcon, label, badge }) => {
    const here = to === "/" || to === "/received" ? pathname === to : pathname.startsWith(to);
    return (
      <NavLink
        key={to}
        component={Link}
        to={to}
        label={label}
        leftSection={<PlaceIcon size={20} stroke={1.6} aria-hidden />}
        rightSection={badge}
        active={here}
        aria-current={here ? "page" : undefined}
        onClick={onGo}
        variant="light"
        style={{ borderRadius: "var(--mantine-radius-md)" }}
      />
    );
  });
}

function ThemeChoice() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Box px="sm" py={6}>
      <Text size="xs" c="dimmed" mb={4} id="theme-label">
        {t("account.theme")}
      </Text>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-labelledby="theme-label"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
        data={[
          { value: "light", label: t("account.light") },
          { value: "dark", label: t("account.dark") },
          { value: "auto", label: t("account.system") },
        ]}
      />
    </Box>
  );
}

function AccountMenu({ links }: { links?: ReactNode }) {
  const { t } = useTranslation();
  const session = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  if (!session) return null;
  const kind =
    session.principal_type === "recipient"
      ? t("account.recipient")
      : session.is_metastore_admin
        ? t("account.admin")
        : undefined;
  return (
    <Menu width={280} position="bottom-end" keepMounted={false}>
      <Menu.Target>
        <UnstyledButton>
          <VisuallyHidden>{t("account.menu")}</VisuallyHidden>
          <Avatar
            size={34}
            radius="xl"
            color="water"
            name={session.display_name || session.name}
            aria-hidden
          />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Box px="sm" py="xs">
          <Text size="xs" c="dimmed">
            {t("account.signedInAs")}
          </Text>
          <Text fw={600} className="break-anywhere">
            {session.display_name || session.name}
          </Text>
          {kind && (
            <Text size="sm" c="dimmed">
              {kind}
            </Text>
          )}
        </Box>
        <Menu.Divider />
        <ThemeChoice />
        <Menu.Divider />
        {links}
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut().then(() => navigate({ to: "/sign-in" }))}
        >
          {t("account.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

// Once a page stands, all others are fetched beforehand: going on works while the server is away.
function useWarmPages() {
  useEffect(() => {
    const timer = setTimeout(warmPages, 1500);
    return () => clearTimeout(timer);
  }, []);
}

// A new page begins at its heading: its name is the title of the window, and focus moves there, so
// that a screen reader tells it.
function useArrival() {
  const { pathname } = useLocation();
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    if (pathname) document.getElementById("main")?.focus({ preventScroll: true });
  }, [pathname]);
}

interface FrameProps {
  places: Place[];
  end?: ReactNode;
  account?: ReactNode;
}

function Frame({ places, end, account }: FrameProps) {
  const { t } = useTranslation();
  const [open, { toggle, close }] = useDisclosure();
  const session = useSession();
  const router = useRouter();
  useArrival();
  useWarmPages();
  // The session ended under an open page: its guard leads to signing in.
  useEffect(() => {
    if (!session) void router.invalidate();
  }, [session, router]);
  if (!session) return null;
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding={{ base: "md", lg: "xl" }}
    >
      <a href="#main" className="skip-link">
        {t("skipToContent")}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t("nav.open")}
              aria-expanded={open}
            />
            <Group
              gap={10}
              wrap="nowrap"
              component={Link}
              {...{ to: "/" }}
              style={{ textDecoration: "none", color: "inherit" }}
            >
              <img src="/icon.svg" width={28} height={28} alt="" />
              <Text fw={700} size="lg" lts="-0.01em">
                {t("appName")}
              </Text>
            </Group>
          </Group>
          <Group gap="sm" wrap="nowrap">
            {end}
            <AccountMenu links={account} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={t("nav.label")}>
        <AppShell.Section grow component={ScrollArea} type="auto">
          <Places places={places} onGo={close} />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main>
        <Box id="main" tabIndex={-1} maw="var(--page-width)" mx="auto" style={{ outline: "none" }}>
          <MeProvider value={session}>
            <Outlet />
          </MeProvider>
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}

export function Shell() {
  const { t } = useTranslation();
  const search = useSearchDialog();
  const admin = useSession()?.is_metastore_admin;
  const places: Place[] = [
    { to: "/", icon: IconHome, label: t("nav.home") },
    { to: "/catalog", icon: IconDatabase, label: t("nav.catalog") },
    { to: "/shares", icon: IconPackageExport, label: t("nav.shares") },
    { to: "/recipients", icon: IconUsers, label: t("nav.recipients") },
    { to: "/requests", icon: IconInbox, label: t("nav.requests") },
    { to: "/usage", icon: IconChartHistogram, label: t("nav.usage") },
    // Others are refused.
    ...(admin ? [{ to: "/audit", icon: IconShieldSearch, label: t("nav.audit") }] : []),
    { to: "/settings", icon: IconSettings, label: t("nav.settings") },
  ];
  return (
    <>
      <Frame
        places={places}
        end={
          <>
            <UnstyledButton
              onClick={search.open}
              visibleFrom="xs"
              px="sm"
              h={36}
              w={{ base: 180, md: 320 }}
              style={{
                border: "1px solid var(--mantine-color-default-border)",
                borderRadius: "var(--mantine-radius-md)",
              }}
            >
              <Group justify="space-between" wrap="nowrap">
                <Group gap={8} wrap="nowrap">
                  <IconSearch size={16} aria-hidden />
                  <Text size="sm" c="dimmed">
                    {t("search")}
                  </Text>
                </Group>
                <Kbd size="xs" aria-hidden>
                  Ctrl K
                </Kbd>
              </Group>
            </UnstyledButton>
            <ActionIcon
              hiddenFrom="xs"
              variant="subtle"
              size="lg"
              aria-label={t("search")}
              onClick={search.open}
            >
              <IconSearch size={20} aria-hidden />
            </ActionIcon>
            <UnreadCount icon={<IconBell size={20} stroke={1.6} aria-hidden />} />
          </>
        }
        account={
          <Menu.Item component={Link} to="/settings/tokens">
            {t("account.tokens")}
          </Menu.Item>
        }
      />
      <SearchDialog opened={search.opened} onClose={search.close} />
    </>
  );
}

export function ReceivedShell() {
  const { t } = useTranslation();
  return (
    <Frame
      places={[
        { to: "/received", icon: IconDatabaseShare, label: t("nav.received") },
        { to: "/received/connect", icon: IconPlugConnected, label: t("nav.connect") },
      ]}
    />
  );
}
