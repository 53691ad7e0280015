// app/pages.ts -- the pages by their names. Each is a chunk of its own, fetched when it is first opened.
import { fetchModule } from "~/api/modules";

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
type Page = Record<string, () => React.ReactNode>;

export const loadPage = (name: PageName): Promise<Page> =>
  fetchModule(pages[name] as unknown as () => Promise<Page>);

// Fetches all of them; what fails is fetched again when it is opened.
export function warmPages() {
  for (const load of Object.values(pages)) load().catch(() => {});
}
