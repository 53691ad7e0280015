// Until when somebody reads: shown, changed, and told to the recipient.
import { expect, expectAccessible, expectNoOverflow, picture, signIn, test } from "./portal";
import type { SluiceServer } from "./server";

const kDay = 86_400_000;

const grantUntil = (server: SluiceServer, share: string, principal: string, expires_at: number) =>
  server.ask("PATCH", `/api/2.1/unity-catalog/shares/${share}/permissions`, {
    changes: [{ principal, add: ["SELECT"], expires_at }],
  });

test("the end of a grant is shown, and can be changed", async ({ admin: page, server }) => {
  await server.makeShare("ending", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("ended-partner");
  await server.makeRecipient("week-partner");
  await server.makeRecipient("lasting-partner", ["ending"]);
  await grantUntil(server, "ending", "ended-partner", Date.now() - 2 * kDay);
  await grantUntil(server, "ending", "week-partner", Date.now() + 6.5 * kDay);
  expect((await server.readTable(token, "ending.sales.products")).status).toBe(404);
  await page.goto("/shares/ending?tab=recipients");
  await expect(page.getByRole("row", { name: /lasting-partner/ })).toContainText("no end");
  await expect(page.getByRole("row", { name: /week-partner/ })).toContainText("in 6 days");
  const ended = page.getByRole("row", { name: /ended-partner/ });
  await expect(ended).toContainText("ended 2 days ago");
  await expectAccessible(page);
  await picture(page, "journeys/grant-ends");

  // Nothing has to be revoked for it.
  await page.getByRole("button", { name: "Change the end: ended-partner" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Until when does ended-partner get ending?");
  await expectAccessible(page);
  await picture(page, "journeys/grant-change");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(ended).toContainText("no end");
  expect((await server.readTable(token, "ending.sales.products")).status).toBe(200);
});

test("a recipient sees when a share ends", async ({ page, context, server }) => {
  await server.makeShare("fading", ["shop.sales.products"]);
  await server.makeShare("staying", ["shop.sales.orders"]);
  const { token } = await server.makeRecipient("fading-partner", ["staying"]);
  await grantUntil(server, "fading", "fading-partner", Date.now() + 6.5 * kDay);
  await signIn(context, server, token);
  await page.goto("/received");
  await expect(page.getByRole("row", { name: /fading\.sales/ })).toContainText("in 6 days");
  await expect(page.getByRole("row", { name: /staying\.sales/ })).toContainText("no end");
  await expectAccessible(page);
  await picture(page, "journeys/received-ends");
});

test("the end of a recipient's access is changed", async ({ admin: page, server }) => {
  const now = new Date();
  const far = Date.UTC(now.getFullYear(), now.getMonth() + 9, 15, 12);
  await server.makeRecipient("sooner", [], { expiration_time: far });
  await page.goto("/recipients/sooner?tab=tokens");
  await page.getByRole("button", { name: "Change the end" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Until when may sooner read?");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Until" }).click();
  // The first day in view.
  await page
    .getByRole("button", { name: /^\d+ \w+ 20\d\d$/ })
    .first()
    .click();
  await dialog.getByText("Until when may sooner read?").click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  const told = await server.ask("GET", "/api/2.1/unity-catalog/recipients/sooner");
  expect(told.expiration_time).toBeLessThan(far);
  expect(told.tokens[0].expiration_time).toBe(told.expiration_time);
});

test("on a small phone what can be done is in view", async ({ admin: page, server }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await server.makeShare("narrow", ["shop.sales.products"]);
  await server.makeRecipient("narrow-partner", ["narrow"]);
  const inView = async (name: RegExp) => {
    await expect(page.getByRole("button", { name })).toBeInViewport({ ratio: 1 });
    await expectNoOverflow(page);
  };
  await page.goto("/shares/narrow?tab=recipients");
  await inView(/Revoke: narrow-partner/);
  await picture(page, "journeys/narrow-revoke");
  await page.goto("/recipients/narrow-partner");
  await inView(/See as this/);
  await picture(page, "journeys/narrow-see");
});
