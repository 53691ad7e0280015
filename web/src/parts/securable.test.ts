import { expect, it } from "vitest";
import { pathOf } from "./securable";

it("what the portal has no page for leads nowhere", () => {
  expect(pathOf("provider", "acme")).toBeUndefined();
  expect(pathOf("SHARE", "a b")).toBe("/shares/a%20b");
});
