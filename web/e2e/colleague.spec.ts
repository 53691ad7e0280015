// Somebody who is no administrator is not greeted with refusals.
import { expect, expectAccessible, picture, signIn, test } from "./portal";

test("the pages of a colleague", async ({ page, context, server }) => {
  await server.makeShare("colleagues", ["shop.sales.products"]);
  const { token: reader } = await server.makeRecipient("reading-partner", ["colleagues"]);
  await server.ask("POST", "/api/2.0/preview/scim/v2/Users", { userName: "bob@example.com" });
  for (const [type, name] of [
    ["shares", "colleagues"],
    ["recipients", "reading-partner"],
  ]) {
    await server.ask("PATCH", `/api/2.1/unity-catalog/${type}/${name}`, {
      owner: "bob@example.com",
    });
  }
  // A share gives what its owner may read.
  await server.ask("PATCH", "/api/2.1/unity-catalog/permissions/catalog/shop", {
    changes: [{ principal: "bob@example.com", add: ["USE_CATALOG", "USE_SCHEMA", "SELECT"] }],
  });
  expect((await server.readTable(reader, "colleagues.sales.products")).status).toBe(200);
  const made = await server.ask("POST", "/api/2.0/token/create", { principal: "bob@example.com" });
  await signIn(context, server, made.token_value);

  await page.goto("/");
  const readers = page.getByRole("region", { name: "Who read your shares this week" });
  await expect(readers.getByRole("link", { name: "reading-partner" })).toBeVisible();
  await expect(page.getByText("Only metastore admins")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Audit" })).toHaveCount(0);
  await expectAccessible(page);
  await picture(page, "journeys/home-colleague");

  await page.goto("/settings");
  const sections = page.getByRole("navigation", { name: "Settings" });
  await expect(sections.getByRole("link", { name: "Credentials" })).toBeVisible();
  await expect(sections.getByRole("link", { name: "Notifications" })).toHaveCount(0);
  // By its address, it says why.
  await page.goto("/settings/notifications");
  await expect(page.getByRole("alert")).toContainText("Only metastore admins");
  await expectAccessible(page);
});

test("home names what happened to what, and by whom", async ({ admin: page, server }) => {
  await server.makeShare("happening", ["shop.sales.products"]);
  await server.makeRecipient("happening-partner");
  await page.goto("/");
  await expect(page.getByText(/^happening-partner · admin ·/).first()).toBeVisible();
  await expect(page.getByText(/^happening · admin ·/).first()).toBeVisible();
  // Its link was opened.
  await expect(page.getByText(/^happening-partner · (?!admin)/).first()).toBeVisible();
  await picture(page, "journeys/home-happened");
});
