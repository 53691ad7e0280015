import { describe, expect, it } from "vitest";
import type { RecipientInfo } from "~/api/unity";
import { stateOf } from "./state";

const kNow = 1_700_000_000_000;
const kDay = 86_400_000;

function recipient(tokens: { activation_url?: string; expiration_time?: number }[]): RecipientInfo {
  return { authentication_type: "TOKEN", tokens } as RecipientInfo;
}

describe("stateOf", () => {
  it.each([
    ["waiting", recipient([{ activation_url: "https://x" }])],
    ["waiting", recipient([])],
    ["active", recipient([{}])],
    ["active", recipient([{ expiration_time: kNow + 30 * kDay }])],
    ["expiring", recipient([{ expiration_time: kNow + 3 * kDay }])],
    ["expired", recipient([{ expiration_time: kNow - 1 }])],
    // The old token ends soon, the new one has been fetched.
    [
      "active",
      recipient([{ expiration_time: kNow + kDay }, { expiration_time: kNow + 90 * kDay }]),
    ],
    // The new one has not: what works now ends soon.
    ["expiring", recipient([{ expiration_time: kNow + kDay }, { activation_url: "https://x" }])],
    ["platform", { authentication_type: "DATABRICKS" } as RecipientInfo],
  ])("is %s", (state, one) => {
    expect(stateOf(one, kNow)).toBe(state);
  });
});
