// pages/shares/giving.ts -- a share is given to recipients, some of which are made for it. What was made stays when
// a later step is refused: trying again goes on from there.
import { useRef } from "react";
import { api, body } from "~/api/client";
import { allPages } from "~/api/pages";
import { changeShareGrants, listShareGrants } from "~/api/unity";
import type { Chosen } from "./RecipientPicker";

export interface ActivationLink {
  recipient: string;
  url: string;
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const has = (names: string[], name: string) => names.some((one) => same(one, name));

export function useGiving() {
  const links = useRef<ActivationLink[]>([]);
  // Whom an attempt named: one whose answer was lost may have been done.
  const named = useRef<string[]>([]);
  const isMade = (name: string) =>
    has(
      links.current.map(({ recipient }) => recipient),
      name,
    );

  // The links of those that were made for it.
  async function give(
    share: string,
    chosen: Chosen,
    expires: string | null,
  ): Promise<ActivationLink[]> {
    for (const name of chosen.fresh) {
      if (isMade(name)) continue;
      const made = await body(
        api.POST("/api/2.1/unity-catalog/recipients", {
          body: { name, authentication_type: "TOKEN" },
        }),
      );
      links.current.push({ recipient: name, url: made.tokens?.[0]?.activation_url ?? "" });
    }
    const all = [...chosen.existing, ...chosen.fresh];
    const dropped = named.current.filter((name) => !has(all, name));
    const remove =
      dropped.length > 0 ? (await readersOf(share)).filter((name) => has(dropped, name)) : [];
    named.current = [...dropped, ...all];
    if (all.length + remove.length > 0) {
      const expires_at = expires ? new Date(expires).getTime() : undefined;
      await changeShareGrants(share, { add: all, remove, expires_at });
    }
    return links.current.filter(({ recipient }) => has(all, recipient));
  }
  return { isMade, give };
}

const readersOf = async (share: string) =>
  (await allPages((token) => listShareGrants(share, token))).map((grant) => grant.principal);
