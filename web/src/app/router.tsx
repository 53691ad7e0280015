// app/router.tsx -- which page a path shows. Pages are fetched when they are first opened.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { fetchModule } from "~/api/modules";
import { LoadFailure, NotFound, Pending } from "./fallbacks";
import { localPath } from "./local_path";
import { loadPage, type PageName } from "./pages";
import { ReceivedShell, Shell } from "./Shell";
import { sessionQuery } from "./session";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: NotFound,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  // Said even when it is nothing: what is not said here stays as it came.
  validateSearch: (
    search: Record<string, unknown>,
  ): { next?: string | undefined; as?: "recipient" | undefined } => ({
    next: localPath(search.next),
    as: search.as === "recipient" ? "recipient" : undefined,
  }),
  component: lazyRouteComponent(() => fetchModule(() => import("./SignIn")), "SignIn"),
});

// Pages of those who are signed in: users see the console, recipients what they received.
function guard(principal: "user" | "recipient") {
  return async ({ context, location }: { context: Context; location: { href: string } }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: "/sign-in", search: { next: location.href } });
    if (session.principal_type !== principal) {
      throw redirect({ to: principal === "user" ? "/received" : "/" });
    }
  };
}

const console = createRoute({
  getParentRoute: () => root,
  id: "console",
  beforeLoad: guard("user"),
  component: Shell,
});

const received = createRoute({
  getParentRoute: () => root,
  id: "recipient",
  beforeLoad: guard("recipient"),
  component: ReceivedShell,
});

// One line a page.
const page = <Path extends string>(path: Path, name: PageName) =>
  createRoute({
    getParentRoute: () => console,
    path,
    component: lazyRouteComponent(() => loadPage(name), name),
  });

const receivedPage = <Path extends string>(path: Path, name: PageName) =>
  createRoute({
    getParentRoute: () => received,
    path,
    component: lazyRouteComponent(() => loadPage(name), name),
  });

const tree = root.addChildren([
  signIn,
  console.addChildren([
    page("/", "Home"),
    page("/catalog", "Explorer"),
    page("/catalog/$fullName", "Explorer"),
    page("/shares", "ShareList"),
    page("/share", "ShareThis"),
    page("/shares/$name", "SharePage"),
    page("/recipients", "RecipientList"),
    page("/recipients/$name", "RecipientPage"),
    page("/audit", "Audit"),
    page("/usage", "Usage"),
    page("/requests", "Requests"),
    page("/notifications", "Inbox"),
    page("/settings", "Settings"),
    page("/settings/$section", "Settings"),
  ]),
  received.addChildren([
    receivedPage("/received", "ReceivedHome"),
    receivedPage("/received/connect", "Connect"),
    receivedPage("/received/tables/$table", "ReceivedTable"),
  ]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    defaultPendingComponent: Pending,
    defaultErrorComponent: LoadFailure,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
