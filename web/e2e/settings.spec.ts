// What the installation has: each list of the settings is added to and taken from in the same way.
import { expect, expectAccessible, test } from "./portal";

test("a user is added and deleted", async ({ admin: page }) => {
  await page.goto("/settings/people");
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Add a user" }).click();
  await dialog.getByLabel("E-mail").fill("ann@example.com");
  await dialog.getByRole("button", { name: "Add" }).click();
  const row = page.getByRole("row", { name: /ann@example.com/ });
  await expect(row).toBeVisible();
  await expect(row.getByRole("button", { name: "Token" })).toBeVisible();

  await page.getByRole("button", { name: "Delete ann@example.com" }).click();
  await expect(dialog).toContainText("Delete ann@example.com?");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row).toHaveCount(0);
});

test("a credential and its location are made, tested and deleted", async ({ admin: page }) => {
  await page.goto("/settings/credentials");
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "New credential" }).click();
  await dialog.getByRole("textbox", { name: "Name" }).fill("lake-key");
  await dialog.getByLabel("Access key id").fill("a-key");
  await dialog.getByLabel("Secret access key").fill("a-secret");
  await dialog.getByLabel("Endpoint").fill("http://127.0.0.1:9");
  await dialog.getByRole("button", { name: "New credential" }).click();
  await expect(page.getByRole("row", { name: /lake-key/ })).toContainText("S3 a-key");
  // A new key, while its locations stay.
  await page.getByRole("button", { name: "Edit lake-key" }).click();
  await expect(dialog.getByLabel("Endpoint")).toHaveValue("http://127.0.0.1:9");
  await expect(dialog.getByLabel("Secret access key")).toHaveValue("");
  await dialog.getByLabel("Access key id").fill("a-newer-key");
  await dialog.getByLabel("Secret access key").fill("a-newer-secret");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /lake-key/ })).toContainText("S3 a-newer-key");

  await page.getByRole("link", { name: "Locations" }).click();
  await page.getByRole("button", { name: "New location" }).first().click();
  await dialog.getByRole("textbox", { name: "Name" }).fill("bay");
  await dialog.getByRole("textbox", { name: "URL" }).fill("s3://lake/sales");
  await dialog.getByRole("combobox", { name: "Credential" }).click();
  await page.getByRole("option", { name: "lake-key" }).click();
  await dialog.getByRole("button", { name: "New location" }).click();
  await expect(page.getByRole("row", { name: /bay/ })).toContainText("s3://lake/sales");
  // Nobody listens there.
  await page.getByRole("button", { name: "Test bay" }).click();
  await expect(dialog).toContainText("It does not work");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);

  // Recipients may read there directly, and no more.
  await page.getByRole("button", { name: "Edit bay" }).click();
  await dialog.getByLabel("Let recipients read whole tables directly").check();
  await expectAccessible(page);
  await dialog.getByLabel("Role").fill("  ");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toContainText("Say which role is assumed.");
  await dialog.getByLabel("Role").fill("arn:aws:iam::123456789012:role/readers");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert").last()).toContainText("directory_access.sts_endpoint");
  await dialog.getByLabel("STS endpoint").fill("http://127.0.0.1:9");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /bay/ })).toContainText("Direct reading");
  await page.getByRole("button", { name: "Edit bay" }).click();
  await expect(dialog.getByLabel("STS endpoint")).toHaveValue("http://127.0.0.1:9");
  await dialog.getByLabel("Let recipients read whole tables directly").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("row", { name: /bay/ })).not.toContainText("Direct reading");

  // Both ask for the name.
  await page.getByRole("button", { name: "Delete bay" }).click();
  await expect(dialog.getByRole("button", { name: "Delete" })).toBeDisabled();
  await dialog.getByLabel("Type bay to confirm").fill("bay");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No locations yet")).toBeVisible();
  await page.getByRole("link", { name: "Credentials" }).click();
  await page.getByRole("button", { name: "Delete lake-key" }).click();
  await dialog.getByLabel("Type lake-key to confirm").fill("lake-key");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("row", { name: /lake-key/ })).toHaveCount(0);
});

test("a webhook is added, told what to send, and deleted", async ({ admin: page }) => {
  await page.goto("/settings/notifications");
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "New destination" }).first().click();
  await dialog.getByText("Webhook").click();
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("pager");
  await dialog.getByRole("textbox", { name: "URL" }).fill("https://pager.example.com/in");
  await dialog.getByRole("button", { name: "New destination" }).click();
  // Its secret is shown once.
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Choose" }).click();
  await dialog.getByRole("checkbox").first().check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /pager/ })).toContainText("1 kind of event");
  await page.getByRole("button", { name: "Delete pager" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Nobody is told outside of the portal")).toBeVisible();
});

test("the metastore keeps what somebody else changes meanwhile", async ({
  admin: page,
  server,
}) => {
  const path = "/api/2.1/unity-catalog/metastores";
  const { metastore_id: id } = await server.ask("GET", "/api/2.1/unity-catalog/metastore_summary");
  await page.goto("/settings/metastore");
  await page.getByLabel("Organization").fill("Example Retail");
  const lifetime = { delta_sharing_recipient_token_lifetime_in_seconds: 864_000 };
  await server.ask("PATCH", `${path}/${id}`, lifetime);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
  const info = await server.ask("GET", `${path}/${id}`);
  expect(info).toMatchObject({ ...lifetime, delta_sharing_organization_name: "Example Retail" });
  await server.ask("PATCH", `${path}/${id}`, {
    delta_sharing_organization_name: "",
    delta_sharing_recipient_token_lifetime_in_seconds: 0,
  });
});
