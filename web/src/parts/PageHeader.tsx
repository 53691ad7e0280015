// parts/PageHeader.tsx -- the heading of a page: where it stands, what it is, what one can do.
import { Anchor, Box, Breadcrumbs, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { usePageTitle } from "./page_title";

interface Props {
  title: string;
  // Of the window, where the title alone says too little.
  windowTitle?: string;
  icon?: ReactNode;
  badge?: ReactNode;
  description?: ReactNode;
  above?: { label: string; to: string }[];
  actions?: ReactNode;
}

export function PageHeader({
  title,
  windowTitle,
  icon,
  badge,
  description,
  above,
  actions,
}: Props) {
  usePageTitle(windowTitle ?? title);
  return (
    <Stack gap={6} mb="lg">
      {above && (
        <Breadcrumbs separatorMargin={6}>
          {above.map(({ label, to }) => (
            <Anchor key={to} component={Link} to={to} size="sm" className="break-anywhere">
              {label}
            </Anchor>
          ))}
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start" gap="md">
        <Group gap="sm" style={{ flex: "1 1 280px", minWidth: 0 }} wrap="nowrap">
          {icon}
          <Title order={1} size="h2" className="break-anywhere">
            {title}
          </Title>
          {badge && <Box flex="0 0 auto">{badge}</Box>}
        </Group>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {description && (
        <Text c="dimmed" maw={760} className="break-anywhere" component="div">
          {description}
        </Text>
      )}
    </Stack>
  );
}
