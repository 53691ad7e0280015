import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, isSignedOut } from "~/api/errors";
import { makeRouter } from "./router";
import { endSession } from "./session";
import { theme, variables } from "./theme";

// What may pass is tried again for about a minute, so that a page survives a restart of the server.
function retry(failures: number, error: unknown) {
  return failures < 6 && error instanceof ApiError && error.passes;
}

export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (isSignedOut(error)) endSession(client);
      },
    }),
    mutationCache: new MutationCache({
      onError: (error) => {
        if (isSignedOut(error)) endSession(client);
      },
    }),
    defaultOptions: {
      queries: {
        retry,
        retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 15_000),
        staleTime: 10_000,
        // The server may be reachable while the machine believes itself offline (localhost).
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
  return client;
}

export function App() {
  const [client] = useState(makeQueryClient);
  const [router] = useState(() => makeRouter(client));
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <ModalsProvider>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
