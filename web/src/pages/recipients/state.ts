// pages/recipients/state.ts -- how a recipient stands: has it come in yet, and until when may it?
import type { RecipientInfo } from "~/api/unity";

export type State = "platform" | "waiting" | "active" | "expiring" | "expired";

const kSoon = 14 * 86_400_000;

export function stateOf(recipient: RecipientInfo, now = Date.now()): State {
  if (recipient.authentication_type !== "TOKEN") return "platform";
  const fetched = (recipient.tokens ?? []).filter((token) => !token.activation_url);
  if (fetched.length === 0) return "waiting";
  const ends = fetched.map((token) => token.expiration_time ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...ends);
  if (last <= now) return "expired";
  return last <= now + kSoon ? "expiring" : "active";
}
