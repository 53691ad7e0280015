// app/UnreadCount.tsx -- the bell: how many notifications nobody has read yet.
import { ActionIcon, Indicator } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { unreadQuery } from "~/api/notifications";

export function UnreadCount({ icon }: { icon: ReactNode }) {
  const { t } = useTranslation();
  const unread = useQuery(unreadQuery).data ?? 0;
  return (
    <Indicator
      disabled={unread === 0}
      label={unread > 99 ? "99+" : unread}
      size={16}
      offset={7}
      color="red"
    >
      <ActionIcon
        component={Link}
        to="/notifications"
        variant="subtle"
        size="lg"
        aria-label={t("notifications.bell", { count: unread })}
      >
        {icon}
      </ActionIcon>
    </Indicator>
  );
}
