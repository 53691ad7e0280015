import { defineConfig } from "@playwright/test";

// Debian's Chromium; SLUICE_CHROMIUM names another.
const executablePath = process.env.SLUICE_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  outputDir: "results/tests",
  globalSetup: "./e2e/lakehouse.ts",
  // Each worker has a server of its own.
  workers: 2,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  // Before a merge a journey may stumble once: it is named as flaky then, and wants looking at. By hand it fails.
  retries: process.env.CI ? 1 : 0,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: process.env.CI ? [["line"]] : [["list"]],
  use: {
    browserName: "chromium",
    headless: true,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    viewport: { width: 1366, height: 860 },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
