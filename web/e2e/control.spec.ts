import { readFileSync } from "node:fs";
import { expect, expectAccessible, test } from "./portal";

test("a new token, with notice for the old one", async ({ admin: page, server }) => {
  await server.makeShare("rotating", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("rotating-partner", ["rotating"]);
  await page.goto("/recipients/rotating-partner?tab=tokens");
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("no longer: it ends now").check();
  await expect(page.getByText("can read nothing until the new link is opened")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "New token" }).click();
  await expect(page.getByText("Send this link to the recipient.")).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("This link was not opened yet")).toBeVisible();
  expect((await server.readTable(token, "rotating.sales.products")).status).toBe(401);
});

test("a network that is not allowed is refused", async ({ admin: page, server }) => {
  await server.makeShare("restricting", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("restricted", ["restricting"]);
  expect((await server.readTable(token, "restricting.sales.products")).status).toBe(200);
  await page.goto("/recipients/restricted?tab=network");
  await page.getByLabel("Only from these networks").fill("203.0.113.0/33");
  await page.getByRole("button", { name: "Save" }).click();
  // In the server's words.
  await expect(page.getByRole("alert")).toContainText("203.0.113.0/33");
  await page.getByLabel("Only from these networks").fill("203.0.113.0/24");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved. It holds for the next request")).toBeVisible();
  expect((await server.readTable(token, "restricting.sales.products")).status).toBe(403);
});

test("what is revoked is refused, and the refusal is on record", async ({
  admin: page,
  server,
}) => {
  await server.makeShare("revoking", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("revoked-partner", ["revoking"]);
  expect((await server.readTable(token, "revoking.sales.products")).status).toBe(200);
  await page.goto("/shares/revoking?tab=recipients");
  await page.getByRole("button", { name: "Revoke: revoked-partner" }).click();
  await expect(page.getByRole("dialog")).toContainText("can no longer read any table of revoking");
  await expectAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("Nobody reads this share yet")).toBeVisible();
  expect((await server.readTable(token, "revoking.sales.products")).status).toBe(404);

  await page.goto("/audit?recipient=revoked-partner&outcome=4");
  await expect(page.getByRole("cell", { name: /Refused 404/ }).first()).toBeVisible();
  await page.getByRole("button", { name: "Queried a table" }).first().click();
  await expect(page.getByRole("dialog")).toContainText("revoking");
});

test("the audit log as a file", async ({ admin: page, server }) => {
  await server.makeShare("exporting", ["shop.sales.products"]);
  await page.goto("/audit?share=exporting");
  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "CSV" }).click();
  const path = await (await download).path();
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines[0]).toContain("action_name");
  expect(lines.length).toBeGreaterThan(0);
});

test("deleting asks for the name, and says to whom it happens", async ({ admin: page, server }) => {
  await server.makeShare("deleting", ["shop.sales.products"]);
  await server.makeRecipient("deleting-partner", ["deleting"]);
  await page.goto("/shares/deleting");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete the share" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("deleting-partner");
  const confirm = dialog.getByRole("button", { name: "Delete the share" });
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel("Type deleting to confirm").fill("deleting");
  await confirm.click();
  await expect(page.getByRole("heading", { level: 1, name: "Shares" })).toBeVisible();
  await expect(page.getByRole("link", { name: "deleting", exact: true })).toHaveCount(0);
});
