// Everything can be done without a mouse.
import { expect, expectAccessible, test } from "./portal";

test("a share is made and found by keys alone", async ({ admin: page, server }) => {
  await server.makeCatalog();
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  // The first stop leads past the navigation.
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();

  await page.goto("/shares");
  await page.getByRole("button", { name: "New share" }).first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await page.keyboard.type("by-keys");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "by-keys" })).toBeVisible();

  // Tables are chosen in the tree: right opens, down goes on, Enter chooses.
  await page.getByRole("button", { name: "Add tables" }).first().focus();
  await page.keyboard.press("Enter");
  const tree = page.getByRole("tree", { name: "Tables of the catalog" });
  await tree.getByRole("treeitem").first().focus();
  await page.keyboard.press("ArrowRight");
  await expect(tree.getByRole("treeitem", { name: "sales" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  // Past the schema `default`, which every catalog has.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await expect(tree.getByRole("treeitem", { name: "customers" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByText("1 table chosen")).toBeVisible();
  // Escape closes, and the focus is where it was.
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Add tables" }).first()).toBeFocused();

  // From another page Ctrl-K finds it again.
  await page.goto("/recipients");
  await expect(page.getByRole("heading", { level: 1, name: "Recipients" })).toBeVisible();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search the catalog" });
  await expect(field).toBeFocused();
  await page.keyboard.type("by-keys");
  await expect(page.getByRole("option", { name: /by-keys/ })).toBeVisible();
  await expect(field).toHaveAttribute("aria-expanded", "true");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "by-keys" })).toBeVisible();
});

test("the arrows choose among the hits of a search", async ({ admin: page, server }) => {
  for (const name of ["feather-one", "feather-two"]) {
    await server.ask("POST", "/api/2.1/unity-catalog/shares", { name, comment: "Of feathers" });
  }
  await page.goto("/recipients");
  await expect(page.getByRole("heading", { level: 1, name: "Recipients" })).toBeVisible();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search the catalog" });
  await expect(field).toBeFocused();
  await page.keyboard.type("feather-");
  const hits = page.getByRole("option");
  await expect(hits).toHaveCount(2);
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page);
  const second = (await hits.nth(1).getByText("feather-").textContent()) ?? "";
  await page.keyboard.press("ArrowDown");
  // Screen readers follow the hit that is chosen.
  await expect(field).toHaveAttribute(
    "aria-activedescendant",
    (await hits.nth(1).getAttribute("id")) ?? "none",
  );
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: second })).toBeVisible();

  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("Escape in a time closes the picker, not the form around it", async ({ admin: page }) => {
  await page.goto("/recipients");
  await page.getByRole("button", { name: "New recipient" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New recipient" });
  await dialog.getByLabel("Name").fill("kept");
  await dialog.getByRole("button", { name: "Access ends" }).click();
  const hours = page.getByRole("spinbutton").first();
  await hours.focus();
  await expect(hours).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(hours).toHaveCount(0);
  await expect(dialog.getByLabel("Name")).toHaveValue("kept");
});

test("Enter twice deletes once", async ({ admin: page, server }) => {
  await server.makeRecipient("deleted-once");
  await page.goto("/recipients/deleted-once");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete the recipient" }).click();
  let deletes = 0;
  page.on("request", (request) => {
    if (request.method() === "DELETE") ++deletes;
  });
  const field = page.getByLabel("Type deleted-once to confirm");
  await field.fill("deleted-once");
  await field.evaluate((element: HTMLInputElement) => {
    element.form?.requestSubmit();
    element.form?.requestSubmit();
  });
  await expect(page.getByRole("heading", { level: 1, name: "Recipients" })).toBeVisible();
  expect(deletes).toBe(1);
});
