// parts/securable.tsx -- the things of the catalog: their sign, their name, and where their page is.
import { Anchor, Group } from "@mantine/core";
import {
  type Icon,
  IconBuildingBank,
  IconDatabase,
  IconFolder,
  IconKey,
  IconMapPin,
  IconPackageExport,
  IconPackageImport,
  IconTable,
  IconUser,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

const kIcons: Record<string, Icon> = {
  metastore: IconBuildingBank,
  catalog: IconDatabase,
  schema: IconFolder,
  table: IconTable,
  share: IconPackageExport,
  recipient: IconUser,
  provider: IconPackageImport,
  storage_credential: IconKey,
  external_location: IconMapPin,
};

export function SecurableIcon({ type, size = 18 }: { type: string; size?: number }) {
  const Sign = kIcons[type.toLowerCase()] ?? IconDatabase;
  return <Sign size={size} stroke={1.6} aria-hidden style={{ flex: "0 0 auto" }} />;
}

// Where the portal shows it, if it does.
export function pathOf(type: string, fullName: string): string | undefined {
  const name = encodeURIComponent(fullName);
  switch (type.toLowerCase()) {
    case "share":
      return `/shares/${name}`;
    case "recipient":
      return `/recipients/${name}`;
    case "storage_credential":
      return "/settings/credentials";
    case "external_location":
      return "/settings/locations";
    case "provider":
      return undefined;
    case "metastore":
      return "/settings/metastore";
    default:
      return `/catalog/${name}`;
  }
}

// `label`: what is shown of a full name where the rest is plain.
export function SecurableLink({
  type,
  name,
  label = name,
}: {
  type: string;
  name: string;
  label?: string | undefined;
}) {
  const path = pathOf(type, name);
  return (
    <Group
      gap={8}
      wrap="nowrap"
      component="span"
      display="inline-flex"
      maw="100%"
      style={{ verticalAlign: "middle" }}
    >
      <SecurableIcon type={type} size={16} />
      {path === undefined ? (
        <span className="break-anywhere">{label}</span>
      ) : (
        <Anchor component={Link} to={path} size="sm" className="break-anywhere">
          {label}
        </Anchor>
      )}
    </Group>
  );
}
