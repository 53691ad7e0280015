// A part of the portal that does not come: was it replaced, or is nobody there?
import { afterEach, expect, test, vi } from "vitest";
import { ApiError } from "./errors";
import { fetchModule } from "./modules";

afterEach(() => vi.unstubAllGlobals());

const gone = new TypeError("Failed to fetch dynamically imported module");
const fails = () => Promise.reject(gone);

test("what comes is handed on, and nobody is asked", async () => {
  const asked = vi.fn();
  vi.stubGlobal("fetch", asked);
  expect(await fetchModule(async () => "a module")).toBe("a module");
  expect(asked).not.toHaveBeenCalled();
});

test("with a server that answers the module is gone", async () => {
  vi.stubGlobal("fetch", async () => new Response(null, { status: 200 }));
  await expect(fetchModule(fails)).rejects.toBe(gone);
});

test.each([
  ["nobody answers", () => Promise.reject(new TypeError("Failed to fetch"))],
  ["a proxy answers for it", async () => new Response(null, { status: 502 })],
])("where %s it may come later", async (_, answer) => {
  vi.stubGlobal("fetch", answer);
  const error = await fetchModule(fails).catch((refused) => refused);
  expect(error).toBeInstanceOf(ApiError);
  expect([error.status, error.passes]).toEqual([0, true]);
});
