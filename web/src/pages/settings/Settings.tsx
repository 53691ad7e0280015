// pages/settings/Settings.tsx -- what the installation as a whole is made of, one section a path.
import { Box, Flex, NavLink, Select } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  type Icon,
  IconBell,
  IconBuildingBank,
  IconFingerprint,
  IconKey,
  IconMapPin,
  IconUsers,
} from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "~/app/session";
import { PageHeader } from "~/parts/PageHeader";
import { Credentials } from "./Credentials";
import { Destinations } from "./Destinations";
import { Locations } from "./Locations";
import { Metastore } from "./Metastore";
import { People } from "./People";
import { Tokens } from "./Tokens";

type SectionName =
  | "locations"
  | "credentials"
  | "people"
  | "tokens"
  | "notifications"
  | "metastore";

const kSections: Record<SectionName, { icon: Icon; content: () => ReactNode }> = {
  locations: { icon: IconMapPin, content: () => <Locations /> },
  credentials: { icon: IconKey, content: () => <Credentials /> },
  people: { icon: IconUsers, content: () => <People /> },
  tokens: { icon: IconFingerprint, content: () => <Tokens /> },
  notifications: { icon: IconBell, content: () => <Destinations /> },
  metastore: { icon: IconBuildingBank, content: () => <Metastore /> },
};
const kNames = Object.keys(kSections) as SectionName[];
// Others are refused.
const kOfAdmins = new Set<SectionName>(["notifications"]);

export function Settings() {
  const { t } = useTranslation();
  const { section } = useParams({ strict: false }) as { section?: string };
  const narrow = useMediaQuery("(max-width: 62em)");
  const navigate = useNavigate();
  const current = kNames.find((name) => name === section) ?? "locations";
  const { is_metastore_admin } = useMe();
  const shown = kNames.filter((name) => is_metastore_admin || !kOfAdmins.has(name));
  return (
    <>
      <PageHeader
        title={t("settings.title")}
        windowTitle={`${t(`settings.sections.${current}`)} · ${t("settings.title")}`}
      />
      <Flex gap="xl" align="flex-start" direction={narrow ? "column" : "row"}>
        {narrow ? (
          <Select
            label={t("settings.section")}
            data={shown.map((name) => ({ value: name, label: t(`settings.sections.${name}`) }))}
            value={current}
            allowDeselect={false}
            onChange={(name) =>
              name && void navigate({ to: "/settings/$section", params: { section: name } })
            }
            w="100%"
          />
        ) : (
          <Box
            component="nav"
            aria-label={t("settings.title")}
            w={220}
            style={{ flex: "0 0 220px" }}
          >
            {shown.map((name) => {
              const { icon: SectionIcon } = kSections[name];
              return (
                <NavLink
                  key={name}
                  component={Link}
                  to={`/settings/${name}`}
                  label={t(`settings.sections.${name}`)}
                  leftSection={<SectionIcon size={18} stroke={1.6} aria-hidden />}
                  active={name === current}
                  aria-current={name === current ? "page" : undefined}
                  style={{ borderRadius: "var(--mantine-radius-md)" }}
                />
              );
            })}
          </Box>
        )}
        <Box style={{ flex: 1, minWidth: 0 }} w="100%">
          {kSections[current].content()}
        </Box>
      </Flex>
    </>
  );
}
