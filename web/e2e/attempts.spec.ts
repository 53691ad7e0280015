// What goes wrong half-way, and what somebody else changes meanwhile: trying again does what the page says then.
import { expect, expectAccessible, test } from "./portal";

const kRecipients = "/api/2.1/unity-catalog/recipients";

test("a plan that is changed after a refused attempt is shared as it stands then", async ({
  admin: page,
  server,
}) => {
  await server.makeCatalog();
  await page.goto("/share?table=shop.sales.orders");
  await page.getByLabel("Name of the share").fill("second-thoughts");
  const next = page.getByRole("button", { name: "Next" });
  const back = page.getByRole("button", { name: "Back" });
  await next.click();
  await next.click();
  await page.getByLabel("Share history").check();
  await page.getByLabel("From version").fill("0");
  await next.click();
  const fresh = page.getByRole("combobox", { name: "New recipients" });
  await fresh.fill("thinker");
  await page.keyboard.press("Enter");
  await next.click();

  // The share is made and filled, and thinker made; the grant fails.
  let refusals = 0;
  await page.route("**/shares/second-thoughts/permissions", (route) => {
    if (route.request().method() !== "PATCH" || refusals++ > 0) return route.continue();
    return route.fulfill({ status: 503, json: { error_code: "BUSY", message: "Too busy" } });
  });
  const share = page.getByRole("button", { name: "Share", exact: true });
  await share.click();
  await expect(page.getByRole("alert")).toContainText("Too busy");
  expect((await server.ask("GET", `${kRecipients}/thinker`)).name).toBe("thinker");

  // A recipient that this page made itself is not in the way.
  await back.click();
  await expect(page.getByText("There is a recipient thinker already")).toHaveCount(0);
  await back.click();
  await page.getByLabel("From version").fill("");
  await back.click();
  await page.getByRole("button", { name: "Share only some partitions" }).click();
  await page.getByRole("combobox", { name: /^a value/ }).fill("Europe");
  await page.keyboard.press("Escape");
  await back.click();
  await page.getByLabel("Name of the share").fill("third-thoughts");
  for (let step = 0; step < 4; ++step) await next.click();
  await share.click();
  await expect(page.getByRole("heading", { name: "third-thoughts is shared" })).toBeVisible();
  await expect(page.getByLabel("Activation link of thinker").first()).toContainText("http");

  const shares = "/api/2.1/unity-catalog/shares";
  const made = await server.ask("GET", `${shares}/third-thoughts?include_shared_data=true`);
  expect(made.objects).toHaveLength(1);
  expect(made.objects[0].partitions[0].values[0].value).toBe("Europe");
  expect(made.objects[0].start_version).not.toBe(0);
  const readers = await server.ask("GET", `${shares}/third-thoughts/permissions`);
  expect(readers.privilege_assignments.map((one: { principal: string }) => one.principal)).toEqual([
    "thinker",
  ]);
  const all = await server.ask("GET", shares);
  expect(all.shares.map((one: { name: string }) => one.name)).not.toContain("second-thoughts");
});

test("a new recipient that is there already stops the plan where it is named", async ({
  admin: page,
  server,
}) => {
  await server.makeCatalog();
  await server.makeRecipient("long-known");
  await page.goto("/share?table=shop.sales.orders");
  await page.getByLabel("Name of the share").fill("never-made");
  const next = page.getByRole("button", { name: "Next" });
  for (let step = 0; step < 3; ++step) await next.click();
  await page.getByRole("combobox", { name: "New recipients" }).fill("Long-Known");
  await page.keyboard.press("Enter");
  await expect(page.getByText("There is a recipient Long-Known already")).toBeVisible();
  await expect(next).toBeDisabled();
  await expectAccessible(page);
});

test("recipients that were made before their grant was refused get it, and their links", async ({
  admin: page,
  server,
}) => {
  await server.makeShare("granting");
  await page.goto("/shares/granting?tab=recipients");
  await page.getByRole("button", { name: "Add recipients" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Add recipients" });
  let refusals = 0;
  await page.route("**/shares/granting/permissions", (route) => {
    if (route.request().method() !== "PATCH" || refusals++ > 0) return route.continue();
    return route.fulfill({ status: 503, json: { error_code: "BUSY", message: "Too busy" } });
  });
  await dialog.getByRole("combobox", { name: "New recipients" }).fill("granted-later");
  await page.keyboard.press("Enter");
  const add = dialog.getByRole("button", { name: "Add recipients" });
  await add.click();
  await expect(dialog.getByRole("alert").filter({ hasText: "Too busy" })).toBeVisible();
  await add.click();
  await expect(dialog.getByLabel("Activation link of granted-later").first()).toContainText("http");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("link", { name: "granted-later" })).toBeVisible();
});

test("saving one thing of a recipient leaves what others changed", async ({
  admin: page,
  server,
}) => {
  await server.makeRecipient("shared-care");
  const path = `${kRecipients}/shared-care`;
  await page.goto("/recipients/shared-care?tab=network");
  await expect(page.getByLabel("Only from these networks")).toHaveValue("");
  const lists = {
    allowed_ip_addresses: ["127.0.0.0/8"],
    denied_ip_addresses: ["198.51.100.7/32"],
  };
  await server.ask("PATCH", path, { ip_access_list: lists });
  await page.getByLabel("Requests per second").fill("50");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved. It holds for the next request")).toBeVisible();
  const saved = await server.ask("GET", path);
  expect(saved.ip_access_list).toEqual(lists);
  expect(saved.requests_per_second).toBe(50);
  // And the page tells it.
  await expect(page.getByLabel("Only from these networks")).toHaveValue("127.0.0.0/8");

  // One list leaves the other; who edits what another did is told.
  await server.ask("PATCH", path, { ip_access_list: { ...lists, denied_ip_addresses: [] } });
  await page.getByLabel("Only from these networks").fill("10.0.0.0/8");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Never from these networks")).toHaveValue("");
  await server.ask("PATCH", path, { ip_access_list: lists });
  await page.getByLabel("Only from these networks").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  const notice = page.getByRole("alert", { name: "Changed meanwhile" });
  await expect(notice).toBeVisible();
  await expectAccessible(page);
  expect((await server.ask("GET", path)).ip_access_list).toEqual(lists);
  await page.getByRole("button", { name: "Show what is there now" }).click();
  await expect(page.getByLabel("Only from these networks")).toHaveValue("127.0.0.0/8");
  await expect(notice).toHaveCount(0);
});

test("properties that were changed meanwhile are not undone unasked", async ({
  admin: page,
  server,
}) => {
  await server.makeRecipient("property-care");
  const path = `${kRecipients}/property-care`;
  const put = (properties: object) =>
    server.ask("PATCH", path, { properties_kvpairs: { properties } });
  const saved = async () => (await server.ask("GET", path)).properties_kvpairs.properties;
  await put({ region: "Asia" });
  await page.goto("/recipients/property-care?tab=properties");
  await expect(page.getByLabel("Value")).toHaveValue("Asia");
  await put({ region: "Europe" });
  await page.getByRole("button", { name: "Add a property" }).click();
  await page.getByLabel("Property").last().fill("channel");
  await page.getByLabel("Value").last().fill("web");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("Changed meanwhile");
  expect(await saved()).toEqual({ region: "Europe" });
  await page.getByRole("button", { name: "Save mine in its place" }).click();
  await expect(page.getByText("Saved. It holds for the next request")).toBeVisible();
  expect(await saved()).toEqual({ region: "Asia", channel: "web" });
});
