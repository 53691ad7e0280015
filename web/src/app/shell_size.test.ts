// What a first visit loads before anything shows: the page, its scripts, its styles and the letters of most
// languages of the West, as they go over the line.
import { existsSync, readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";

const kBuilt = "../build/web";
const kMost = 300_000;

function sizeOf(path: string): number {
  const packed = `${kBuilt}${path}.br`;
  return statSync(existsSync(packed) ? packed : `${kBuilt}${path}`).size;
}

it("the shell is small", () => {
  const page = readFileSync(`${kBuilt}/index.html`, "utf8");
  const loaded = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((found) => found[1] ?? "");
  const styles = loaded.filter((path) => path.endsWith(".css"));
  const fonts = styles.flatMap((path) =>
    readFileSync(`${kBuilt}${path}`, "utf8").match(/\/assets\/inter-latin-wght[^)]*/g),
  );
  expect(fonts).toHaveLength(1);
  expect(styles).toHaveLength(1);
  const all = ["/index.html", ...loaded, ...fonts.map((path) => path ?? "")];
  const total = all.map(sizeOf).reduce((sum, size) => sum + size, 0);
  console.info(`The shell: ${total} bytes in ${all.length} files (at most ${kMost}).`);
  expect(total).toBeLessThan(kMost);
});
