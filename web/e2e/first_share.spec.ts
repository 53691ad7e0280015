import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { kPython } from "./places";
import { expect, expectAccessible, test } from "./portal";

// The official client, as a recipient runs it.
function pandasRows(profile: string, table: string): number {
  const program =
    "import sys, delta_sharing; print(len(delta_sharing.load_as_pandas(sys.argv[1])))";
  return Number(
    execFileSync(kPython, ["-c", program, `${profile}#${table}`], { encoding: "utf8" }),
  );
}

test("from a table to a partner who reads it with pandas", async ({
  admin: page,
  server,
  browser,
}) => {
  await server.makeCatalog();
  await page.goto("/catalog/shop.sales.products");
  await page.getByRole("link", { name: "Share this" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Share tables" })).toBeVisible();
  await page.getByLabel("Name of the share").fill("first");
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("This table is not partitioned")).toBeVisible();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Share history").check();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("combobox", { name: "New recipients" }).fill("first-partner");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("first-partner")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("heading", { name: "first is shared" })).toBeVisible();
  const link = await page.getByLabel("Activation link of first-partner").first().textContent();

  // The partner, in a browser of its own.
  const visit = await browser.newContext();
  const partner = await visit.newPage();
  await partner.goto(link ?? "");
  await expectAccessible(partner);
  const download = partner.waitForEvent("download");
  await partner.getByRole("button", { name: /download/i }).click();
  const profile = join(server.folder, "first.share");
  await (await download).saveAs(profile);
  await visit.close();
  expect(pandasRows(profile, "first.sales.products")).toBe(2000);

  // The link was good for once, and what was read is on record.
  await page.goto("/recipients/first-partner?tab=activity");
  await expect(page.getByRole("cell", { name: "first.sales.products" })).toBeVisible();
  await expect(page.getByText("Active", { exact: true })).toBeVisible();
});

test("only some rows, and see-as shows which", async ({ admin: page, server }) => {
  await server.makeShare("rows", ["shop.sales.orders"]);
  await server.makeRecipient("rows-europe", ["rows"], {
    properties_kvpairs: { properties: { region: "Europe" } },
  });
  await page.goto("/shares/rows");
  await page.getByRole("button", { name: "Change shop.sales.orders" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await page.getByRole("button", { name: "Share only some partitions" }).click();
  await page.getByRole("combobox", { name: "Column" }).click();
  await page.getByRole("option", { name: "region" }).click();
  await page.getByRole("combobox", { name: "With" }).click();
  await page.getByRole("option", { name: "a property of the recipient" }).click();
  await page.getByLabel("Property").fill("region");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("cell", { name: "region = recipient.region" })).toBeVisible();

  await page.goto("/recipients/rows-europe");
  await page.getByRole("button", { name: /See as this/ }).click();
  const drawer = page.getByRole("dialog");
  await expect(drawer.getByText("Only these rows")).toBeVisible();
  const regions = drawer.getByRole("cell", { name: "Europe", exact: true });
  await expect(regions.first()).toBeVisible();
  await expect(drawer.getByRole("cell", { name: "Asia", exact: true })).toHaveCount(0);
  await expect(drawer.getByRole("cell", { name: "North America", exact: true })).toHaveCount(0);
  await expectAccessible(page);

  // From the table, too.
  await page.goto("/catalog/shop.sales.orders?tab=shares");
  await page.getByRole("button", { name: "See it as rows-europe" }).click();
  await expect(drawer.getByText("Only these rows")).toBeVisible();
  await expect(regions.first()).toBeVisible();
});

test("editing a comment leaves the rows as they are", async ({ admin: page, server }) => {
  await server.makeShare("commas");
  const partitions = [{ values: [{ name: "region", op: "IN", values: ["Bonn, Rhine", " Asia"] }] }];
  const change = (data_object: object) =>
    server.ask("PATCH", "/api/2.1/unity-catalog/shares/commas", {
      updates: [
        {
          action: "UPDATE",
          data_object: { name: "shop.sales.orders", data_object_type: "TABLE", ...data_object },
        },
      ],
    });
  await change({ partitions });
  const edit = async () => {
    await page.goto("/shares/commas");
    await page.getByRole("button", { name: "Change shop.sales.orders" }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
  };
  const dialog = page.getByRole("dialog");
  const saved = async () => {
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toHaveCount(0);
    const share = await server.ask(
      "GET",
      "/api/2.1/unity-catalog/shares/commas?include_shared_data=true",
    );
    return share.objects[0];
  };
  await edit();
  await dialog.getByLabel("Comment").fill("only the comment changes");
  await expectAccessible(page);
  const commented = await saved();
  expect(commented.comment).toBe("only the comment changes");
  expect(commented.partitions).toEqual(partitions);
  // One more value, with a comma of its own.
  await edit();
  await dialog.getByLabel("Values, each ended with Enter").fill("Cologne, too");
  await page.keyboard.press("Enter");
  expect((await saved()).partitions[0].values[0].values).toEqual([
    "Bonn, Rhine",
    " Asia",
    "Cologne, too",
  ]);
});
