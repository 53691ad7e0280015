import { describe, expect, it } from "vitest";
import { whatOf, whoOf } from "./events";

const event = (part: object) =>
  ({
    event_id: "e",
    event_time: "2026-01-01T00:00:00Z",
    service_name: "unityCatalog",
    action_name: "a",
    request_id: "r",
    response: { status_code: 200 },
    user_identity: { email: "ada", subject_name: "user:1" },
    recipient_name: null,
    share_name: null,
    table_name: null,
    request_params: {},
    ...part,
  }) as Parameters<typeof whoOf>[0];

describe("an event names what it happened to", () => {
  it.each([
    ["a share", { share_name: "retail", request_params: { name: "retail" } }, "retail"],
    ["a table", { share_name: "retail", table_name: "sales.orders" }, "retail.sales.orders"],
    ["a recipient", { recipient_name: "acme", request_params: { name: "acme" } }, "acme"],
    ["a schema", { request_params: { comment: "c", full_name: "main.sales" } }, "main.sales"],
    ["nothing", {}, ""],
  ])("%s", (_, part, what) => {
    expect(whatOf(event(part))).toBe(what);
    expect(whoOf(event(part))).toBe("ada");
  });

  it("and whose link was opened", () => {
    const opened = event({
      user_identity: { email: null, subject_name: null },
      request_params: { recipient_name: "acme", recipient_id: "1" },
    });
    expect(whoOf(opened)).toBe("acme");
    expect(whatOf(opened)).toBe("");
  });
});
