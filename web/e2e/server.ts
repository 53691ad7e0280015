// e2e/server.ts -- the real binary with a catalog of its own, and its REST API as tests use it to set the
// scene. What a test is about, it does in the browser.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kBinary, kTables } from "./places";

const kUc = "/api/2.1/unity-catalog";

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export class SluiceServer {
  private process: ChildProcess | undefined;
  private output = "";

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly flags: string[],
  ) {}

  // `imported`: a configuration file whose tables are there from the start. A hundred thousand take seconds.
  static async start(flags: string[] = [], imported?: string): Promise<SluiceServer> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-e2e-"));
    const server = new SluiceServer(folder, await freePort(), flags);
    if (imported !== undefined) {
      const file = join(folder, "import.yaml");
      writeFileSync(file, imported);
      execFileSync(kBinary, ["import", file, "--data", server.data], { stdio: "ignore" });
    }
    await server.resume();
    return server;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }
  get data() {
    return join(this.folder, "data");
  }
  get adminToken() {
    return readFileSync(join(this.data, "admin-token"), "ascii").trim();
  }

  // Starts the process on the same folder and port, and waits until it answers.
  async resume() {
    const command = ["serve", "--data", this.data, "--listen", `127.0.0.1:${this.port}`];
    this.process = spawn(kBinary, [...command, "--local-root", kTables, ...this.flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (text) => {
        this.output += text;
      });
    }
    for (let tries = 0; tries < 200; ++tries) {
      if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.output}`);
      try {
        if ((await fetch(`${this.origin}/health`)).ok) return;
      } catch {
        // Not yet.
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the server does not answer:\n${this.output}`);
  }

  async pause() {
    const process = this.process;
    if (!process || process.exitCode !== null) return;
    await new Promise((done) => {
      process.once("exit", done);
      process.kill("SIGTERM");
    });
  }

  async stop() {
    await this.pause();
    rmSync(this.folder, { recursive: true, force: true });
  }

  // One request as the administrator; the answer's JSON. Throws on a refusal.
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they know is there.
  async ask(method: string, path: string, body?: unknown, token = this.adminToken): Promise<any> {
    const response = await fetch(this.origin + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }

  // shop.sales with the tables of the lakehouse, if it is not there yet.
  async makeCatalog() {
    const have = await this.ask("GET", `${kUc}/catalogs`);
    if (have.catalogs?.some((one: { name: string }) => one.name === "shop")) return;
    await this.ask("POST", `${kUc}/catalogs`, { name: "shop", comment: "What the shop sells" });
    await this.ask("POST", `${kUc}/schemas`, { name: "sales", catalog_name: "shop" });
    for (const name of ["orders", "customers", "products", "events"]) {
      await this.ask("POST", `${kUc}/tables`, {
        name,
        catalog_name: "shop",
        schema_name: "sales",
        table_type: "EXTERNAL",
        data_source_format: "DELTA",
        storage_location: join(kTables, name),
      });
    }
  }

  async makeShare(name: string, tables = ["shop.sales.orders"]) {
    await this.makeCatalog();
    await this.ask("POST", `${kUc}/shares`, { name });
    await this.ask("PATCH", `${kUc}/shares/${name}`, {
      updates: tables.map((table) => ({
        action: "ADD",
        data_object: { name: table, data_object_type: "TABLE" },
      })),
    });
  }

  // With a token, as its activation link gives it; and what it may read.
  async makeRecipient(
    name: string,
    shares: string[] = [],
    more: object = {},
  ): Promise<{ token: string }> {
    const made = await this.ask("POST", `${kUc}/recipients`, {
      name,
      authentication_type: "TOKEN",
      ...more,
    });
    for (const share of shares) {
      await this.ask("PATCH", `${kUc}/shares/${share}/permissions`, {
        changes: [{ principal: name, add: ["SELECT"] }],
      });
    }
    const nonce = made.tokens[0].activation_url.split(/[/#?]/).at(-1);
    const profile = await this.ask("GET", `${kUc}/public/data_sharing_activation/${nonce}`);
    return { token: profile.bearerToken };
  }

  // A share of `tables` that `recipient` reads.
  readTable(token: string, table: string): Promise<Response> {
    const [share, schema, name] = table.split(".");
    return fetch(
      `${this.origin}/delta-sharing/shares/${share}/schemas/${schema}/tables/${name}/query`,
      {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: "{}",
      },
    );
  }
}
