// playwright.pictures.config.ts -- the pictures of the guides, of a demo that runs (tools/screenshots.sh).
import base from "./playwright.config";

const { globalSetup: _, ...rest } = base;

export default {
  ...rest,
  testDir: "pictures",
  outputDir: "results/pictures",
  workers: 1,
  use: { ...rest.use, baseURL: process.env.SLUICE_URL, trace: "off" as const },
};
