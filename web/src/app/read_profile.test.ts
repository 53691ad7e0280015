import { expect, it } from "vitest";
import { readProfile } from "./read_profile";

it("reads endpoint and token", () => {
  const text =
    '{"shareCredentialsVersion":1,"endpoint":"https://x/delta-sharing","bearerToken":"t"}';
  expect(readProfile(text)).toEqual({ endpoint: "https://x/delta-sharing", token: "t" });
});

it.each([
  "",
  "[]",
  "null",
  "{}",
  '{"endpoint":"nowhere","bearerToken":"t"}',
  '{"endpoint":"https://x"}',
])("refuses %s", (text) => {
  expect(readProfile(text)).toBeUndefined();
});
