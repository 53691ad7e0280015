// Every page, in both themes, on a phone and on a desktop: nothing that axe objects to, nothing over the edge.
// The pictures are for people to look at; docs/images has some of them.
import { expect, expectAccessible, expectNoOverflow, picture, signIn, test } from "./portal";
import type { SluiceServer } from "./server";

const kScreens = {
  desktop: { width: 1366, height: 860 },
  phone: { width: 390, height: 844 },
};

const kLongName =
  "a_name_that_goes_on_and_on_because_somebody_wanted_to_say_everything_in_it_at_once_2026";

// Something on every page: shares, recipients in each state, reads, refusals, a request.
let scene: Promise<{ token: string }> | undefined;

async function makeScene(server: SluiceServer) {
  await server.makeShare("retail", ["shop.sales.orders", "shop.sales.products"]);
  await server.makeShare(kLongName, ["shop.sales.events"]);
  const { token } = await server.makeRecipient("acme-analytics", ["retail"], {
    comment: "Quarterly report",
  });
  const other = await server.makeRecipient("nordwind", ["retail", kLongName]);
  await server.ask("POST", "/api/2.1/unity-catalog/recipients", {
    name: "waiting-room",
    authentication_type: "TOKEN",
  });
  for (const table of ["retail.sales.orders", "retail.sales.products", "retail.sales.orders"]) {
    await server.readTable(token, table);
  }
  await server.readTable(other.token, `${kLongName}.sales.events`);
  await server.readTable(token, `${kLongName}.sales.events`);
  await server.ask(
    "POST",
    "/api/2.1/sluice/requests",
    { kind: "access", share: "retail", comment: "May we have customers, too?" },
    token,
  );
  await server.ask("POST", "/api/2.0/preview/scim/v2/Users", { userName: "ada@example.com" });
  await server.ask("PATCH", "/api/2.1/unity-catalog/permissions/catalog/shop", {
    changes: [{ principal: "ada@example.com", add: ["USE_CATALOG", "USE_SCHEMA", "SELECT"] }],
  });
  return { token };
}

const kConsole: [name: string, path: string, heading: string | RegExp][] = [
  ["home", "/", /^Hello/],
  ["catalogs", "/catalog", "Catalog"],
  ["catalog", "/catalog/shop", "shop"],
  ["catalog-permissions", "/catalog/shop?tab=permissions", "shop"],
  ["schema", "/catalog/shop.sales", "sales"],
  ["table", "/catalog/shop.sales.orders", "orders"],
  ["table-sample", "/catalog/shop.sales.orders?tab=sample", "orders"],
  ["table-versions", "/catalog/shop.sales.orders?tab=versions", "orders"],
  ["table-statistics", "/catalog/shop.sales.orders?tab=statistics", "orders"],
  ["table-permissions", "/catalog/shop.sales.orders?tab=permissions", "orders"],
  ["table-shares", "/catalog/shop.sales.orders?tab=shares", "orders"],
  ["table-details", "/catalog/shop.sales.orders?tab=details", "orders"],
  ["shares", "/shares", "Shares"],
  ["share", "/shares/retail", "retail"],
  ["share-recipients", "/shares/retail?tab=recipients", "retail"],
  ["share-long-name", `/shares/${kLongName}`, kLongName],
  ["share-this", "/share?table=shop.sales.orders", "Share tables"],
  ["recipients", "/recipients", "Recipients"],
  ["recipient", "/recipients/acme-analytics", "acme-analytics"],
  ["recipient-tokens", "/recipients/waiting-room?tab=tokens", "waiting-room"],
  ["recipient-network", "/recipients/acme-analytics?tab=network", "acme-analytics"],
  ["recipient-properties", "/recipients/acme-analytics?tab=properties", "acme-analytics"],
  ["recipient-activity", "/recipients/acme-analytics?tab=activity", "acme-analytics"],
  ["requests", "/requests", "Requests"],
  ["notifications", "/notifications", "Notifications"],
  ["usage", "/usage", "Usage"],
  ["usage-reports", "/usage?tab=reports", "Usage"],
  ["audit", "/audit", "Audit"],
  ["audit-empty", "/audit?recipient=nobody-of-this-name", "Audit"],
  ["settings-locations", "/settings/locations", "Settings"],
  ["settings-credentials", "/settings/credentials", "Settings"],
  ["settings-people", "/settings/people", "Settings"],
  ["settings-tokens", "/settings/tokens", "Settings"],
  ["settings-notifications", "/settings/notifications", "Settings"],
  ["settings-metastore", "/settings/metastore", "Settings"],
  ["not-there", "/shares/no-such-share", "no-such-share"],
  ["nowhere", "/no/such/page", "There is nothing here"],
];

const kReceived: typeof kConsole = [
  ["received", "/received", "Shared with me"],
  ["received-table", "/received/tables/retail.sales.orders", "orders"],
  ["received-sample", "/received/tables/retail.sales.orders?tab=sample", "orders"],
  ["received-changes", "/received/tables/retail.sales.orders?tab=changes", "orders"],
  ["received-read", "/received/tables/retail.sales.orders?tab=read", "orders"],
  ["connect", "/received/connect", "Connect your tools"],
];

// Each half has a server of its own, and a browser.
test.describe.configure({ mode: "parallel" });
// The picture of a page is enough to see what failed.
test.use({ trace: "off" });

for (const scheme of ["light", "dark"] as const) {
  for (const [screen, viewport] of Object.entries(kScreens)) {
    // The two that differ most stand for all in `make test`.
    const tag = (scheme === "light") === (screen === "desktop") ? [] : ["@by_hand"];
    for (const [who, pages] of Object.entries({ provider: kConsole, recipient: kReceived })) {
      test.describe(`${who}, ${scheme}, ${screen}`, { tag }, () => {
        test.use({ colorScheme: scheme, viewport });
        test("each page", async ({ page, context, server }) => {
          test.setTimeout(300_000);
          scene ??= makeScene(server);
          const { token } = await scene;
          await signIn(context, server, who === "provider" ? server.adminToken : token);
          for (const [name, path, heading] of pages) {
            await test.step(name, async () => {
              await page.goto(path);
              await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
              await expect(page.getByLabel("Loading", { exact: true })).toHaveCount(0);
              await picture(page, `${scheme}-${screen}/${name}`);
              await expectNoOverflow(page);
              await expectAccessible(page);
            });
          }
        });
      });
    }
  }
}
