import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, expectAccessible, signIn, test } from "./portal";

test("with a token, and out again", async ({ page, server }) => {
  await page.goto("/shares");
  // Where one wanted to go is kept.
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fshares/);
  await expectAccessible(page);
  await page.getByLabel("Personal access token").fill("dapi-wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("wrong, expired, or was taken back");
  await page.getByLabel("Personal access token").fill(server.adminToken);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Shares" })).toBeVisible();
  // No script can read what signs it in.
  expect(await page.evaluate(() => document.cookie)).toBe("");
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(stored).not.toContain("dapi");
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Sluice" })).toBeVisible();
  await page.goto("/shares");
  await expect(page).toHaveURL(/sign-in/);
});

test("a recipient with its credential file", async ({ page, server }) => {
  await server.makeShare("signing", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("signing-partner", ["signing"]);
  const profile = (endpoint: string) => {
    const path = join(server.folder, "config.share");
    const told = { shareCredentialsVersion: 1, endpoint, bearerToken: token };
    writeFileSync(path, JSON.stringify(told));
    return path;
  };
  await page.goto("/");
  await page.getByRole("tab", { name: "Data is shared with me" }).click();
  const choose = async (path: string) => {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose the file" }).click();
    await (await chooser).setFiles(path);
  };
  // The token of another server's file is not sent here.
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.postData() ?? ""));
  await choose(profile("https://elsewhere.example/delta-sharing"));
  await expect(page.getByRole("alert")).toContainText("not for this server");
  expect(sent.join()).not.toContain(token);
  await choose(profile(`${server.origin}/delta-sharing`));
  await expect(page.getByRole("heading", { level: 1, name: "Shared with me" })).toBeVisible();
  await expect(page.getByRole("link", { name: "signing.sales.products" })).toBeVisible();
  // The console is not theirs.
  await page.goto("/audit");
  await expect(page).toHaveURL(/\/received$/);
});

test("only to pages of this portal", async ({ page, server }) => {
  for (const next of [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
  ]) {
    await page.context().clearCookies();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await page.getByLabel("Personal access token").fill(server.adminToken);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: /^Hello/ })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(server.origin);
  }
});

test("a session that ends under an open page leads to signing in, and back", async ({
  page,
  context,
  server,
}) => {
  const made = await server.ask("POST", "/api/2.0/token/create", { comment: "short" });
  await signIn(context, server, made.token_value);
  await page.goto("/recipients");
  await expect(page.getByRole("heading", { level: 1, name: "Recipients" })).toBeVisible();
  await server.ask("POST", "/api/2.0/token/delete", { token_id: made.token_info.token_id });
  await page.getByRole("link", { name: "Shares" }).click();
  await expect(page.getByText("Your session has ended")).toBeVisible();
  await page.getByLabel("Personal access token").fill(server.adminToken);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Shares" })).toBeVisible();
});
