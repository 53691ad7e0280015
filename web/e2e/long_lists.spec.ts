// Lists of thousands: only the rows in view exist, pages are asked for as they come into view, and what is
// typed is sought by the server. SLUICE_MANY=100000 is the size that we want to be good at.
import type { Locator, Page } from "@playwright/test";
import { kTables } from "./places";
import { expect, signIn, test } from "./portal";
import { SluiceServer } from "./server";

const kMany = Number(process.env.SLUICE_MANY ?? 5000);
const kSchemas = 1000;
const kPage = 1000;
const kMostRows = 80;

const nameOf = (index: number) => `table_${String(index).padStart(6, "0")}`;

// A catalog with one long schema and many short ones.
function configuration(): string {
  const location = `location: "${kTables}/orders"`;
  const tables = Array.from({ length: kMany }, (_, i) => `    - {name: ${nameOf(i)}, ${location}}`);
  const schemas = Array.from({ length: kSchemas }, (_, index) => {
    const name = `schema_${String(index).padStart(4, "0")}`;
    return `  - name: ${name}\n    tables:\n    - {name: only, ${location}}`;
  });
  return [
    "version: 1",
    "authorization: {bearerToken: a-token-of-nobody-that-is-long-enough}",
    "shares:",
    "- name: lake",
    "  schemas:",
    "  - name: many",
    "    tables:",
    ...tables,
    ...schemas,
    "",
  ].join("\n");
}

// To the end of what is there, and again until `last` is. Steadily: toPass() waits a second between its tries,
// and a hundred pages took longer than it was given.
async function scrollTo(scroller: Locator, last: Locator) {
  const toEnd = async () => {
    await scroller.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    return last.isVisible();
  };
  await expect.poll(toEnd, { intervals: [50], timeout: 120_000 }).toBe(true);
}

// The calls of the API from now on, by their paths.
function calls(page: Page): string[] {
  const made: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname.startsWith("/api/")) made.push(url.pathname.split("/").at(-1) ?? "");
  });
  return made;
}

const count = (made: string[], path: string) => made.filter((one) => one === path).length;

test.describe("a schema of thousands of tables", () => {
  let server: SluiceServer;
  test.beforeAll(async () => {
    server = await SluiceServer.start([], configuration());
  });
  test.afterAll(() => server.stop());

  test("is walked, and searched", async ({ page, context }) => {
    await signIn(context, server, server.adminToken);
    const made = calls(page);
    await page.goto(`${server.origin}/catalog/lake.many`);
    const list = page.getByRole("group", { name: "Tables" });
    const rows = list.getByRole("row");
    await expect(list.getByRole("link", { name: nameOf(5) })).toBeVisible();
    expect(await rows.count()).toBeLessThan(kMostRows);
    // One page of the list, one of the tree.
    expect(count(made, "tables")).toBe(2);

    // What is typed is asked of the server, and nothing else is.
    const filter = page.getByLabel("Filter this list: Tables");
    await filter.pressSequentially(nameOf(kMany - 7));
    await expect(rows).toHaveCount(2);
    await expect(list.getByRole("link", { name: nameOf(kMany - 7) })).toBeVisible();
    expect(count(made, "tables")).toBe(2);
    expect(count(made, "table-summaries")).toBeLessThan(nameOf(0).length);
    await filter.fill("no such table");
    await expect(page.getByText("no such table")).toBeVisible();
    await filter.fill("");

    // To the end: each page once.
    await scrollTo(list, list.getByRole("link", { name: nameOf(kMany - 1) }));
    expect(await rows.count()).toBeLessThan(kMostRows);
    expect(count(made, "tables")).toBe(1 + Math.ceil(kMany / kPage));

    // Now it is all there, and nobody is asked.
    const before = made.length;
    await filter.pressSequentially(nameOf(kMany - 9));
    await expect(rows).toHaveCount(2);
    expect(made.slice(before).filter((one) => one.startsWith("table"))).toEqual([]);
  });

  test("is walked in the tree, with the keys too", async ({ page, context }) => {
    await signIn(context, server, server.adminToken);
    const made = calls(page);
    await page.goto(`${server.origin}/catalog/lake`);
    const tree = page.getByRole("tree", { name: "Catalogs" });
    const rows = tree.getByRole("treeitem");
    await expect(tree.getByRole("treeitem", { name: "many", exact: true })).toBeVisible();
    expect(await rows.count()).toBeLessThan(kMostRows);
    expect(count(made, "schemas")).toBeLessThanOrEqual(4);
    await tree.getByRole("treeitem", { name: "many", exact: true }).press("ArrowRight");
    await expect(tree.getByRole("treeitem", { name: nameOf(0) })).toBeVisible();
    expect(count(made, "tables")).toBe(1);
    await page.keyboard.press("End");
    const last = tree.getByRole("treeitem", { name: `schema_0${kSchemas - 1}` });
    await expect(last).toBeFocused();
    await page.keyboard.press("Home");
    await expect(tree.getByRole("treeitem", { name: "lake", exact: true })).toBeFocused();
    expect(await rows.count()).toBeLessThan(kMostRows);
    // Nothing that was not in view was asked for.
    expect(count(made, "tables")).toBe(1);
  });
});

test("thousands of recipients", async ({ admin: page, server }) => {
  const kRecipients = 1500;
  for (let begin = 0; begin < kRecipients; begin += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        server.ask("POST", "/api/2.1/unity-catalog/recipients", {
          name: `many-${String(begin + index).padStart(6, "0")}`,
          authentication_type: "TOKEN",
        }),
      ),
    );
  }
  await page.goto("/recipients");
  const list = page.getByRole("group", { name: "Recipients" });
  await expect(list.getByRole("row").nth(5)).toBeVisible();
  expect(await list.getByRole("row").count()).toBeLessThan(kMostRows);
  await scrollTo(list, list.getByRole("link", { name: "many-001499" }));
  expect(await list.getByRole("row").count()).toBeLessThan(kMostRows);
  // And a filter finds one among them.
  await page.getByLabel("Filter this list: Recipients").fill("many-001234");
  await expect(list.getByRole("link", { name: "many-001234" })).toBeVisible();
  await expect(list.getByRole("row")).toHaveCount(2);
});
