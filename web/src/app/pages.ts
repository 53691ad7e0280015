// app/pages.ts -- the pages by their names. Each is a chunk of its own, fetched when it is first opened.
const pages = {
  Audit: () => import("~/pages/audit/Audit"),
  Connect: () => import("~/pages/received/Connect"),
  Explorer: () => import("~/pages/catalog/Explorer"),
  Home: () => import("~/pages/home/Home"),
  Inbox: () => import("~/pages/notifications/Inbox"),
  ReceivedHome: () => import("~/pages/received/ReceivedHome"),
  ReceivedTable: () => import("~/pages/received/ReceivedTable"),
  RecipientList: () => import("~/pages/recipients/RecipientList"),
  RecipientPage: () => import("~/pages/recipients/RecipientPage"),
  Requests: () => import("~/pages/requests/Requests"),
  Settings: () => import("~/pages/settings/Settings"),
  ShareList: () => import("~/pages/shares/ShareList"),
  SharePage: () => import("~/pages/shares/SharePage"),
  ShareThis: () => import("~/pages/shares/ShareThis"),
  Usage: () => import("~/pages/usage/Usage"),
};

export type PageName = keyof typeof pages;

// The module of a page exports it under its name.
export const loadPage = pages as unknown as Record<
  PageName,
  () => Promise<Record<string, () => React.ReactNode>>
>;

// Fetches all of them; what fails is fetched again when it is opened.
export function warmPages() {
  for (const load of Object.values(loadPage)) load().catch(() => {});
}
