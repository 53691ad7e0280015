// api/notifications.ts -- what the server tells of its own accord.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import type { components } from "./unity.gen";

export type Notification = components["schemas"]["Notification"];
export type NotificationKind = components["schemas"]["NotificationKind"];

// A record, so that a kind that the API adds is asked for here by the compiler.
const kinds: Record<NotificationKind, true> = {
  token_expiring: true,
  grant_expiring: true,
  token_rotated: true,
  link_unopened: true,
  recipient_denied_repeatedly: true,
  access_granted: true,
  access_revoked: true,
  table_changed: true,
  schema_changed: true,
  share_object_broken: true,
  request_made: true,
  request_answered: true,
  delivery_failed: true,
  usage_report: true,
  usage_report_failed: true,
  query_failed: true,
};
// What can be subscribed to; a usage report says itself where it goes.
export const kNotificationKinds = (Object.keys(kinds) as NotificationKind[]).filter(
  (kind) => kind !== "usage_report",
);

export const unreadQuery = queryOptions({
  queryKey: ["notifications", "unread"],
  queryFn: async () =>
    (
      await body(
        api.GET("/api/2.1/sluice/notifications", {
          params: { query: { unread: true, max_results: 1 } },
        }),
      )
    ).unread_count,
  // Only while the page can be seen.
  refetchInterval: 60_000,
  refetchIntervalInBackground: false,
  retry: false,
});
