import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./compress.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const target = here("../build/web");
// `npm run dev` serves the pages; everything else goes to a server that runs.
const server = process.env.SLUICE_URL ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react(), compress(target)],
  resolve: { alias: { "~": here("./src") } },
  build: {
    outDir: target,
    emptyOutDir: true,
    // No inline scripts or images: the content security policy allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/delta-sharing"].map((path) => [path, { target: server, changeOrigin: false }]),
    ),
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: [] },
});
