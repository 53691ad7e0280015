// app/session.tsx -- who is signed in. One query that everything asks; a 401 of any call ends it.
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "~/api/client";
import { isSignedOut } from "~/api/errors";
import type { components } from "~/api/unity.gen";

export type Session = components["schemas"]["Session"];

const kSessionKey = ["session"] as const;

export const sessionQuery = {
  queryKey: kSessionKey,
  queryFn: async (): Promise<Session | null> => {
    try {
      return await body(api.GET("/api/2.1/sluice/session"));
    } catch (error) {
      if (isSignedOut(error)) return null;
      throw error;
    }
  },
  staleTime: 60_000,
};

// Null: nobody is signed in. Only below the routes that have waited for it.
export function useSession(): Session | null {
  return useQuery(sessionQuery).data ?? null;
}

// In pages of users; there is always one.
export function useMe(): Session {
  const session = useSession();
  if (!session) throw new Error("a page of somebody who is signed in");
  return session;
}

export function useSignIn() {
  const client = useQueryClient();
  return async (token: string) => {
    const session = await body(api.POST("/api/2.1/sluice/session", { body: { token } }));
    client.clear();
    client.setQueryData(kSessionKey, session);
    return session;
  };
}

export function useSignOut() {
  const client = useQueryClient();
  return async () => {
    await api.DELETE("/api/2.1/sluice/session");
    client.clear();
    client.setQueryData(kSessionKey, null);
  };
}

// What somebody saw does not stay in memory once the server says that the session has ended.
export function endSession(client: QueryClient) {
  if (client.getQueryData(kSessionKey) === null) return;
  client.setQueryData(kSessionKey, null);
}
