// What recipients ask for, and what comes of it.
import { expect, expectAccessible, picture, signIn, test } from "./portal";

const kRequests = "/api/2.1/sluice/requests";

test("an approval says what it grants", async ({ admin: page, server }) => {
  await server.makeShare("whole", ["shop.sales.orders", "shop.sales.customers"]);
  const one = await server.makeRecipient("one-table");
  const all = await server.makeRecipient("all-tables");
  const ask = (token: string, comment: string, more: object) =>
    server.ask("POST", kRequests, { kind: "access", comment, ...more }, token);
  await ask(one.token, "only orders", { share: "whole", table: "sales.orders" });
  await ask(all.token, "all of it", { share: "whole" });
  const dialog = page.getByRole("dialog");
  const approve = (comment: string) =>
    page
      .getByRole("article")
      .filter({ hasText: comment })
      .getByRole("button", { name: "Approve" })
      .click();

  // More than what was asked for is not given by the way.
  await page.goto("/requests");
  await approve("only orders");
  const box = dialog.getByRole("checkbox", { name: /the whole share whole now: 2 objects/ });
  await expect(box).not.toBeChecked();
  await expect(dialog).toContainText("The share also holds sales.customers.");
  await expectAccessible(page);
  await picture(page, "journeys/approve-table");
  const link = dialog.getByRole("link", { name: "Share shop.sales.orders alone" });
  const wizard = await link.getAttribute("href");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(dialog).toHaveCount(0);
  expect((await server.readTable(one.token, "whole.sales.orders")).status).toBe(404);

  await approve("all of it");
  await expect(box).toBeChecked();
  await expect(dialog).toContainText("sales.orders, sales.customers");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(dialog).toHaveCount(0);
  expect((await server.readTable(all.token, "whole.sales.customers")).status).toBe(200);

  // The table that was asked for, alone, for who asked.
  await page.goto(wizard ?? "");
  await page.getByLabel("Name of the share").fill("alone");
  for (let step = 0; step < 4; ++step) await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("cell", { name: "shop.sales.orders" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "one-table" })).toBeVisible();
});

test("a renewal is approved, and leads to the tokens", async ({ admin: page, server }) => {
  const { token } = await server.makeRecipient("renewing");
  await server.ask("POST", kRequests, { kind: "renewal", comment: "one more year" }, token);
  await page.goto("/requests");
  await page
    .getByRole("article")
    .filter({ hasText: "one more year" })
    .getByRole("button", { name: "Approve" })
    .click();
  await expect(page.getByRole("dialog")).toContainText("renewing needs a new token");
  await expectAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await expect(page).toHaveURL(/recipients\/renewing\?tab=tokens/);
  await expect(page.getByRole("button", { name: "New token" })).toBeVisible();
});

test("more data can be asked for without knowing a share", async ({ browser, server, admin }) => {
  await server.makeCatalog();
  const { token } = await server.makeRecipient("curious");
  const visit = await browser.newContext({ baseURL: server.origin });
  await signIn(visit, server, token);
  const page = await visit.newPage();
  await page.goto("/received");
  await page.getByRole("button", { name: "Ask or tell" }).click();
  await page.getByLabel("What do you want to say?").fill("Do you have returns?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("Sent. You see the answer on your page.")).toBeVisible();
  await visit.close();

  await admin.goto("/requests");
  await admin
    .getByRole("article")
    .filter({ hasText: "Do you have returns?" })
    .getByRole("button", { name: "Approve" })
    .click();
  const dialog = admin.getByRole("dialog");
  await expect(dialog).toContainText("curious names no share");
  await expect(dialog.getByRole("checkbox")).toHaveCount(0);
  await expectAccessible(admin);
  await picture(admin, "journeys/approve-unnamed");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(dialog).toHaveCount(0);
});
