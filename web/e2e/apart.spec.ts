// Three tiers apart: the portal's files on another web server (nginx), which hands on what is the API's; the
// API; and the catalog's rows in PostgreSQL.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "./portal";
import { SluiceServer } from "./server";

const kNginx = "/usr/sbin/nginx";
const kWeb = resolve(import.meta.dirname, "../../build/web");
const kExample = resolve(import.meta.dirname, "../../packaging/nginx.conf");
const kPostgres = resolve(import.meta.dirname, "../../tests/support/postgres_server.py");

// One that ends with its standard input, at the latest with this process; and its URL.
async function startPostgres(): Promise<{ process: ChildProcess; url: string }> {
  const process = spawn("python3", [kPostgres], { stdio: ["pipe", "pipe", "inherit"] });
  const url = await new Promise<string>((done, fail) => {
    process.stdout?.once("data", (line) => done(String(line).trim()));
    process.once("exit", () => fail(new Error("PostgreSQL did not start")));
  });
  return { process, url };
}

function startNginx(server: SluiceServer, port: number): ChildProcess {
  const folder = `${server.folder}/nginx`;
  mkdirSync(folder, { recursive: true });
  // The example of packaging/, with the places of this test.
  const text = readFileSync(kExample, "utf8")
    .replaceAll("listen 80;", `listen 127.0.0.1:${port};`)
    .replaceAll("/usr/share/sluice/web", kWeb)
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${server.port}`);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join("\n");
  writeFileSync(
    `${folder}/nginx.conf`,
    `pid ${folder}/pid;\nerror_log ${folder}/error.log;\nevents {}\nhttp {\naccess_log off;\ninclude /etc/nginx/mime.types;\n${paths}\n${text}\n}\n`,
  );
  return spawn(kNginx, ["-c", `${folder}/nginx.conf`, "-g", "daemon off;"], { stdio: "ignore" });
}

test("behind nginx, with PostgreSQL", async ({ browser }) => {
  const postgres = await startPostgres();
  const server = await SluiceServer.start(["--database", postgres.url]);
  const port = server.port + 1;
  const nginx = startNginx(server, port);
  try {
    expect(existsSync(`${server.data}/sluice.db`)).toBe(false);
    const page = await browser.newPage({ baseURL: `http://127.0.0.1:${port}` });
    await expect(async () => {
      await page.goto("/shares");
    }).toPass({ timeout: 15_000 });
    await page.getByLabel("Personal access token").fill(server.adminToken);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Shares" })).toBeVisible();
    const answer = await page.goto("/recipients");
    expect(answer?.headers()["content-security-policy"]).toContain("script-src 'self'");
    expect(answer?.headers().server).toContain("nginx");
    await expect(page.getByRole("heading", { level: 1, name: "Recipients" })).toBeVisible();
    await page.getByRole("button", { name: "New recipient" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("acme");
    await dialog.getByRole("button", { name: "New recipient" }).click();
    await expect(page.getByText("acme").first()).toBeVisible();
    await server.pause();
    await server.resume();
    await page.goto("/recipients");
    await expect(page.getByRole("link", { name: "acme" })).toBeVisible();
    await page.close();
  } finally {
    nginx.kill();
    await server.stop();
    postgres.process.stdin?.end();
  }
});
