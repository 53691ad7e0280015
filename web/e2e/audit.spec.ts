// The filters of the audit log: what they say is what is shown.
import { expect, expectAccessible, test } from "./portal";

test("fields say what the address says", async ({ admin: page, server }) => {
  await server.makeShare("filtering", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("filtered", ["filtering"]);
  await server.readTable(token, "filtering.sales.products");
  await page.goto("/audit");
  const recipient = page.getByLabel("Recipient", { exact: true });
  await recipient.fill("filtered");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/recipient=filtered/);
  await expect(recipient).toBeFocused();
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await expect(page).toHaveURL(/\/audit$/);
  await expect(recipient).toHaveValue("");

  // An action by what the list calls it.
  const action = page.getByRole("combobox", { name: "Action" });
  await action.fill("Queried a table");
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/action=Queried/);
  await expect(page.getByRole("button", { name: "Queried a table" }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Created a share" })).toHaveCount(0);
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await expect(action).toHaveValue("");
});

test("a chart that cannot follow a filter is not shown", async ({ admin: page, server }) => {
  await server.makeShare("charted", ["shop.sales.products"]);
  const { token } = await server.makeRecipient("charted-partner", ["charted"]);
  await server.readTable(token, "charted.sales.products");
  const chart = page.getByRole("img", { name: "Reads and refusals over time" });
  await page.goto("/audit?recipient=charted-partner");
  await expect(chart).toBeVisible();
  for (const filter of ["outcome=2", "principal=nobody", "action=deleteShare"]) {
    await page.goto(`/audit?recipient=charted-partner&${filter}`);
    await expect(page.getByText("there is no chart")).toBeVisible();
    await expect(chart).toHaveCount(0);
  }
  await expectAccessible(page);
});

test("a further page that is refused is asked for when somebody says so", async ({
  admin: page,
}) => {
  // As if there were more than one page, each a short one.
  let refused = true;
  let asked = 0;
  await page.route(/audit-events\?/, async (route) => {
    if (new URL(route.request().url()).searchParams.has("page_token")) {
      ++asked;
      return refused
        ? route.fulfill({ status: 400, json: { error_code: "GONE", message: "Token expired" } })
        : route.fulfill({ json: { events: [] } });
    }
    const answer = await (await route.fetch()).json();
    const events = answer.events.slice(0, 5); // so that the end is in view
    return route.fulfill({ json: { events, next_page_token: "next" } });
  });
  await page.goto("/audit");
  await expect(page.getByRole("alert")).toContainText("Token expired");
  await page.waitForTimeout(1000);
  expect(asked).toBe(1);
  await expect(page.getByLabel("Loading more…")).toHaveCount(0);
  await expectAccessible(page);
  refused = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  expect(asked).toBe(2);
});
