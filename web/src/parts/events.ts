// parts/events.ts -- who did it, and to what, in an event of the audit log.
import type { components } from "~/api/unity.gen";

type Event = components["schemas"]["AuditEvent"];

// Who opens a link is not signed in: its recipient is.
export const whoOf = (event: Event): string =>
  event.user_identity?.email ?? event.recipient_name ?? event.request_params?.recipient_name ?? "";

export function whatOf(event: Event): string {
  const shared = [event.share_name, event.table_name].filter(Boolean).join(".");
  if (shared) return shared;
  const { recipient_name, request_params = {} } = event;
  if (recipient_name && recipient_name !== whoOf(event)) return recipient_name;
  const { full_name, name } = request_params;
  const told = full_name ?? name ?? Object.values(request_params)[0] ?? "";
  return told === whoOf(event) ? "" : told;
}
