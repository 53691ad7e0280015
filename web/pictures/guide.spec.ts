// pictures/guide.spec.ts -- the pictures of the guides, each of a page of `sluice demo` as somebody sees it.
import { readFileSync, writeFileSync } from "node:fs";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";

const kDemo = process.env.SLUICE_DEMO ?? "";
const kImages = process.env.SLUICE_IMAGES ?? "";
const kMostBytes = 150_000;

interface Picture {
  name: string;
  path: string;
  // What stands there when the page is whole.
  shows: string | RegExp;
  as?: "recipient";
  dark?: boolean;
  phone?: boolean;
  // What is done before.
  first?: (page: Page) => Promise<void>;
}

// The wizard's second step, with a region chosen.
async function chooseRows(page: Page) {
  await page.getByLabel("Name of the share").fill("spring_campaign");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Share only some partitions" }).click();
  await page.getByRole("combobox", { name: "a value" }).fill("Europe");
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
}

const kPictures: Picture[] = [
  { name: "home", path: "/", shows: "Changed who reads a share" },
  { name: "home-dark", path: "/", shows: "Changed who reads a share", dark: true },
  { name: "table", path: "/catalog/demo.sales.orders?tab=sample", shows: "order_id" },
  {
    name: "share-this",
    path: "/share?table=demo.sales.orders",
    shows: "demo.sales.orders",
    first: chooseRows,
  },
  { name: "share", path: "/shares/retail", shows: "sales.customers" },
  { name: "recipient", path: "/recipients/lumen-analytics", shows: "storefront" },
  { name: "usage", path: "/usage", shows: "quayside-logistics" },
  { name: "audit", path: "/audit?recipient=tidewater-research", shows: "192.0.2.180" },
  { name: "received", path: "/received", shows: "storefront", as: "recipient" },
  { name: "received-phone", path: "/received", shows: "storefront", as: "recipient", phone: true },
];

async function signIn(context: BrowserContext, as: Picture["as"]) {
  const token =
    as === "recipient"
      ? JSON.parse(readFileSync(`${kDemo}/lumen-analytics.share`, "utf8")).bearerToken
      : readFileSync(`${kDemo}/data/admin-token`, "utf8").trim();
  const answer = await context.request.post("/api/2.1/sluice/session", {
    headers: { "X-Sluice-Portal": "1" },
    data: { token },
  });
  expect(answer.ok()).toBeTruthy();
}

// Chromium writes WebP itself: the smaller of one without loss and a fine one.
async function webp(context: BrowserContext, png: Buffer): Promise<Buffer> {
  const page = await context.newPage();
  const encode = (quality: number) =>
    page.evaluate(
      async ([bytes, at]) => {
        const image = new Image();
        image.src = `data:image/png;base64,${bytes}`;
        await image.decode();
        const canvas = document.createElement("canvas");
        canvas.width = image.width;
        canvas.height = image.height;
        canvas.getContext("2d")?.drawImage(image, 0, 0);
        return canvas.toDataURL("image/webp", at).split(",")[1] ?? "";
      },
      [png.toString("base64"), quality] as const,
    );
  const tries = [await encode(1), await encode(0.92)].map((text) => Buffer.from(text, "base64"));
  await page.close();
  return tries.reduce((best, one) => (one.length < best.length ? one : best));
}

for (const picture of kPictures) {
  test.describe(picture.name, () => {
    test.use({
      colorScheme: picture.dark ? "dark" : "light",
      viewport: picture.phone ? { width: 412, height: 860 } : { width: 1366, height: 860 },
    });
    test("is taken", async ({ page, context }) => {
      await signIn(context, picture.as);
      await page.goto(picture.path);
      await picture.first?.(page);
      await expect(page.getByText(picture.shows).first()).toBeVisible();
      await expect(page.getByLabel("Loading", { exact: true })).toHaveCount(0);
      // Charts come after the rest.
      await page.waitForLoadState("networkidle");
      await page.evaluate(() => document.fonts.ready);
      const png = await page.screenshot({ animations: "disabled" });
      const bytes = await webp(context, png);
      expect(bytes.length).toBeLessThan(kMostBytes);
      writeFileSync(`${kImages}/${picture.name}.webp`, bytes);
      if (process.env.SLUICE_PNG)
        writeFileSync(`${process.env.SLUICE_PNG}/${picture.name}.png`, png);
    });
  });
}
