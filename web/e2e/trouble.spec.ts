// A server that restarts, a network that goes: the page says so, and goes on by itself.
import { expect, expectAccessible, test } from "./portal";
import { SluiceServer } from "./server";

for (const fetched of [true, false]) {
  const when = fetched ? "after the pages were fetched" : "before a page was fetched";
  test(`a restart of the server ${when}`, async ({ page }) => {
    const server = await SluiceServer.start();
    try {
      await server.makeShare("restarting");
      const pageOfRecipients = /RecipientList.*\.js/;
      await page.route(pageOfRecipients, (route) => (fetched ? route.continue() : route.abort()));
      await page.goto(server.origin);
      await page.getByLabel("Personal access token").fill(server.adminToken);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("heading", { level: 1, name: /^Hello/ })).toBeVisible();
      if (fetched) {
        await page.waitForFunction(() =>
          performance
            .getEntriesByType("resource")
            .some((entry) => entry.name.includes("RecipientList")),
        );
      }
      await server.pause();
      await page.getByRole("link", { name: "Recipients", exact: true }).first().click();
      const title = page.getByRole("heading", { level: 1, name: "Recipients" });
      const notice = page.getByRole("alert").filter({ hasText: "No connection" });
      // Either way it is this portal that speaks, not the browser.
      await expect(fetched ? title.or(notice).first() : notice).toBeVisible();
      await page.unroute(pageOfRecipients);
      await server.resume();
      // Without a click, and still signed in.
      await expect(page.getByText("No recipients yet")).toBeVisible({ timeout: 60_000 });
      await page.reload();
      await expect(title).toBeVisible();
    } finally {
      await server.stop();
    }
  });
}

test("a lost network while something is saved", async ({ admin: page, context, server }) => {
  await server.makeShare("offline");
  await page.goto("/shares/offline");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByLabel("Comment").fill("said offline");
  await context.setOffline(true);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("No connection");
  await expectAccessible(page);
  // What was typed is still there; saving again works.
  await context.setOffline(false);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("said offline")).toBeVisible();
});

test("a refusal is told in the server's words", async ({ admin: page, server }) => {
  await server.makeShare("taken");
  await page.goto("/shares");
  await page.getByRole("button", { name: "New share" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("taken");
  await page.getByRole("dialog").getByRole("button", { name: "New share" }).click();
  await expect(page.getByRole("alert")).toContainText("taken");
});

test("a list that takes its time says so to everyone", async ({ admin: page }) => {
  await page.route(/audit-events/, () => {}); // no answer
  await page.goto("/audit");
  await expect(page.getByLabel("Loading more…")).toBeVisible();
  await expectAccessible(page);
});
