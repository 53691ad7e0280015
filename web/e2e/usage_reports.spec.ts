import { readFileSync } from "node:fs";
import { expect, expectAccessible, expectNoOverflow, test } from "./portal";

test("a report is made, run, read, paused and deleted", async ({ admin: page, server }) => {
  await server.makeShare("reported", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("reported-partner", ["reported"]);
  for (let i = 0; i < 3; ++i) {
    expect((await server.readTable(token, "reported.sales.products")).status).toBe(200);
  }
  await page.goto("/usage");
  await page.getByRole("tab", { name: "Reports" }).click();
  await expect(page.getByText("No reports yet")).toBeVisible();
  await page.getByRole("button", { name: "New report" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("Partners, monthly");
  await dialog.getByLabel("About").click();
  await page.getByRole("option", { name: "The month so far" }).click();
  await dialog.getByText("Each week").click();
  await expect(dialog.getByText(/It runs next on/)).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "New report" }).click();

  await expect(page.getByText("Each Monday at 06:00, Europe/Berlin")).toBeVisible();
  await page.getByRole("button", { name: "Run now" }).click();
  const row = page.getByRole("row", { name: /reported-partner/ });
  await expect(row).toContainText("sales.products");
  await expect(row.getByRole("cell").nth(3)).toHaveText("3");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Download" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "CSV" }).click();
  const csv = readFileSync(await (await download).path(), "utf8");
  expect(csv).toContain("reported-partner,reported,sales.products,3,");

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoOverflow(page);
  await page.getByRole("button", { name: "All reports" }).click();
  await expect(page.getByText("Paused")).toBeVisible();
  await expectNoOverflow(page);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Partners, monthly" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No reports yet")).toBeVisible();
});
