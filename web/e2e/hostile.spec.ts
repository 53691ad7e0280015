// What others may try: markup in names, forged requests, frames, a session that somebody else chose.
import { expect, expectNoOverflow, signIn, test } from "./portal";

const kMarkup = `<img src=x onerror="document.title='owned'">`;

test("text from outside is text", async ({ admin: page, server }) => {
  await server.makeShare("markup");
  await server.ask("PATCH", "/api/2.1/unity-catalog/shares/markup", { comment: kMarkup });
  await server.makeRecipient(`<b>bold<\u200b`, ["markup"], {
    comment: `"><script>document.title='owned'</script>`,
    properties_kvpairs: { properties: { [kMarkup]: "javascript:alert(1)" } },
  });
  for (const path of ["/", "/shares", "/shares/markup", "/recipients", "/audit", "/usage"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(await page.locator("img[src=x]").count()).toBe(0);
    expect(await page.title()).not.toBe("owned");
  }
  await page.goto("/shares/markup");
  await expect(page.getByText(kMarkup)).toBeVisible();
});

test("names as long as they may be stay in the page", async ({ admin: page, context, server }) => {
  const share = "s".repeat(255);
  const recipient = "r".repeat(255);
  await server.makeShare(share, ["shop.sales.products"]);
  const { token } = await server.makeRecipient(recipient, [share]);
  await page.goto(`/recipients/${recipient}`);
  await expect(page.getByRole("cell", { name: share }).first()).toBeVisible();
  await expectNoOverflow(page);
  // The state says all that it has to say.
  const state = page.getByText("Active", { exact: true });
  expect(await state.evaluate((one) => one.scrollWidth - one.clientWidth)).toBeLessThanOrEqual(0);
  await page.goto(`/shares/${share}?tab=recipients`);
  await expect(page.getByRole("link", { name: recipient })).toBeVisible();
  await expectNoOverflow(page);
  await signIn(context, server, token);
  await page.goto(`/received/tables/${share}.sales.products?tab=read`);
  await expect(page.getByRole("tab", { name: "pandas" })).toBeVisible();
  await expectNoOverflow(page);
});

test("scripts that are not ours do not run, and no other site is asked", async ({
  context,
  server,
}) => {
  await signIn(context, server, server.adminToken);
  // Not the page of the fixture: this one complains, which is meant.
  const page = await context.newPage();
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== server.origin && protocol !== "data:" && protocol !== "blob:")
      elsewhere.push(request.url());
  });
  const answer = await page.goto(server.origin);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain("unsafe-eval");
  const refused = await page.evaluate(
    () =>
      new Promise((done) => {
        document.addEventListener("securitypolicyviolation", (event) =>
          done(event.violatedDirective),
        );
        const script = document.createElement("script");
        script.textContent = "document.title = 'owned'";
        document.head.append(script);
      }),
  );
  expect(refused).toContain("script-src");
  expect(elsewhere).toEqual([]);
});

test("no other page may frame it", async ({ page, server }) => {
  const answer = await page.request.get(`${server.origin}/shares`, {
    headers: { Accept: "text/html" },
  });
  expect(answer.headers()["x-frame-options"]).toBe("DENY");
  expect(answer.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
});

test("a request of another site does nothing, though the cookie goes along", async ({
  context,
  server,
}) => {
  await signIn(context, server, server.adminToken);
  // What a form of another site could send: the cookie, but no header of ours.
  const forged = await context.request.post(`${server.origin}/api/2.1/unity-catalog/shares`, {
    data: { name: "forged" },
  });
  expect(forged.status()).toBe(401);
  const cookies = await context.cookies();
  expect(cookies[0]?.httpOnly).toBe(true);
  expect(cookies[0]?.sameSite).toBe("Strict");
});

test("signing in takes no session that was there before", async ({ context, server }) => {
  await signIn(context, server, server.adminToken);
  const before = (await context.cookies())[0];
  await signIn(context, server, server.adminToken);
  const after = (await context.cookies())[0];
  expect(after?.value).not.toBe(before?.value);
  // The old one has ended.
  const answer = await fetch(`${server.origin}/api/2.1/sluice/session`, {
    headers: { Cookie: `${before?.name}=${before?.value}`, "X-Sluice-Portal": "1" },
  });
  expect(answer.status).toBe(401);
});
