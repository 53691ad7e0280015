// e2e/portal.ts -- what tests of pages start from: a server, someone who is signed in, and the checks that
// hold on every page.
import { AxeBuilder } from "@axe-core/playwright";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { kPictures } from "./places";
import { SluiceServer } from "./server";

const softly = expect.configure({ soft: true });

interface Worker {
  server: SluiceServer;
}

interface Fixtures {
  // Signed in as the administrator.
  admin: Page;
}

export const test = base.extend<Fixtures, Worker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what is asked for.
    async ({}, use) => {
      const server = await SluiceServer.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.origin),
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
    page.on("console", (message) => {
      // Refusals that a page expects and shows are no mistake of the page.
      const shown = /^(Failed to load resource|ApiError)/.test(message.text());
      if (message.type() === "error" && !shown) {
        problems.push(`console: ${message.text()}`);
      }
    });
    await use(page);
    expect(problems).toEqual([]);
  },
  admin: async ({ page, context, server }, use) => {
    await signIn(context, server, server.adminToken);
    await use(page);
  },
});

// Signs in by REST; tests of the sign-in page do it by hand.
export async function signIn(context: BrowserContext, server: SluiceServer, token: string) {
  const answer = await context.request.post(`${server.origin}/api/2.1/sluice/session`, {
    headers: { "X-Sluice-Portal": "1" },
    data: { token },
  });
  expect(answer.ok()).toBeTruthy();
}

// No violation of WCAG 2.2 AA that axe can see, once what moves (a dialog that fades in) has come to
// rest. A test of many pages goes on to the next.
export async function expectAccessible(page: Page) {
  await softly
    .poll(
      async () => {
        const found = await new AxeBuilder({ page })
          .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
          .analyze();
        return found.violations.map(
          (one) =>
            `${one.id}: ${one.help}\n  ${one.nodes.map((node) => node.target.join(" ")).join("\n  ")}`,
        );
      },
      { message: page.url() },
    )
    .toEqual([]);
}

// Nothing hangs over the right edge, once the page has taken the size of its window: some parts
// (the columns a narrow table leaves out) follow it a moment later.
export async function expectNoOverflow(page: Page) {
  await softly
    .poll(
      () =>
        page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ),
      { message: page.url() },
    )
    .toBeLessThanOrEqual(0);
}

export async function picture(page: Page, name: string) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${kPictures}/${name}.png`, animations: "disabled" });
}

export { expect };
