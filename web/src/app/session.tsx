// app/session.tsx -- who is signed in. One query that everything asks; a 401 of any call ends it.
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
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

// Who is signed in, for the pages in a frame. From the frame and not from the query: when a session ends, a page must not
// hear of it before the frame, which takes the page away.
const Me = createContext<Session | null>(null);
export const MeProvider = Me.Provider;

export function useMe(): Session {
  const me = useContext(Me);
  if (!me) throw new Error("a page of somebody who is signed in");
  return me;
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
