// pages/audit/filters.ts -- the filters of the audit log, as the address has them and as the API takes them.
import { actionsNamed } from "~/parts/actions";

export interface AuditSearch {
  since?: string;
  until?: string;
  // Its name, or what it is called.
  action?: string;
  principal?: string;
  recipient?: string;
  share?: string;
  table?: string;
  // The first digit of the HTTP status.
  outcome?: string;
}

const kText = ["action", "principal", "recipient", "share", "table", "outcome"] as const;

// What an address says, without what it cannot say.
export function readSearch(search: Record<string, unknown>): AuditSearch {
  const read: AuditSearch = {};
  for (const key of ["since", "until", ...kText] as const) {
    const value = search[key];
    if ((typeof value === "string" || typeof value === "number") && value !== "")
      read[key] = String(value);
  }
  return read;
}

const kAgo: Record<string, number> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
  "30d": 2_592_000_000,
};
export const kPeriods = Object.keys(kAgo);

// `now` is the time of the first page, so that the pages that follow ask for the same.
export function toQuery(search: AuditSearch, now: number) {
  const ago = search.since === undefined ? undefined : kAgo[search.since];
  const start = ago === undefined ? parseTime(search.since) : now - ago;
  const end = parseTime(search.until);
  return {
    ...(start !== undefined && { start_time: start }),
    ...(end !== undefined && { end_time: end }),
    ...(search.action && { action_name: actionsNamed(search.action) }),
    ...(search.principal && { principal: search.principal }),
    ...(search.recipient && { recipient_name: search.recipient }),
    ...(search.share && { share_name: search.share }),
    ...(search.table && { table_name: search.table }),
    ...(search.outcome && { status_class: Number(search.outcome) }),
  };
}

// As an address has it: what is a list once for each.
export function toParams(query: ReturnType<typeof toQuery>): URLSearchParams {
  return new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) =>
      [value].flat().map((one): [string, string] => [key, String(one)]),
    ),
  );
}

function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
