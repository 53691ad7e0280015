// parts/EmptyState.tsx -- nothing is here yet: why, and the one thing to do about it.
import { Center, Stack, Text, ThemeIcon } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface Props {
  icon: Icon;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon: StateIcon, title, text, action }: Props) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap="xs" maw={440}>
        <ThemeIcon size={52} radius="xl" variant="light">
          <StateIcon size={26} stroke={1.5} aria-hidden />
        </ThemeIcon>
        <Text fw={600} ta="center">
          {title}
        </Text>
        {text && (
          <Text c="dimmed" size="sm" ta="center" component="div">
            {text}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}
