// api/client.ts -- every call of the portal to the server's REST API.
//
// The session's cookie says who we are; the header beside it shows that the request was made by a
// script of this origin (the server takes the cookie for nothing without it).
import createClient from "openapi-fetch";
import { ApiError, readError } from "./errors";
import type { paths } from "./unity.gen";

export const kPortalHeader = { "X-Sluice-Portal": "1" };

export const api = createClient<paths>({
  baseUrl: "/",
  credentials: "same-origin",
  headers: kPortalHeader,
  // What was captured at load cannot be seen by tests and tools that replace it later.
  fetch: (request) => fetchOrExplain(request),
});

async function fetchOrExplain(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new ApiError(0, "UNREACHABLE", "");
  }
  if (!response.ok) throw await readError(response);
  return response;
}

// The body of an answer; a refusal was thrown as an ApiError before.
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

// For what is not in the description: the sharing protocol, and files to save.
export function fetchPortal(path: string, init: RequestInit = {}): Promise<Response> {
  return fetchOrExplain(
    new Request(path, {
      credentials: "same-origin",
      ...init,
      headers: { ...kPortalHeader, ...init.headers },
    }),
  );
}
