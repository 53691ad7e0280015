// compress.ts -- writes .br and .gz beside each file of the built portal that gains by it, so that
// whoever serves the files compresses nothing.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const kCompressible = /\.(html|js|css|svg|json|webmanifest|txt)$/;

function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

export function compress(folder: string): Plugin {
  return {
    name: "compress",
    apply: "build",
    closeBundle() {
      for (const path of filesBelow(folder)) {
        if (!kCompressible.test(path)) continue;
        const bytes = readFileSync(path);
        const variants = {
          br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
          gz: gzipSync(bytes, { level: 9 }),
        };
        for (const [suffix, packed] of Object.entries(variants)) {
          if (packed.length < bytes.length * 0.9) writeFileSync(`${path}.${suffix}`, packed);
        }
      }
    },
  };
}
