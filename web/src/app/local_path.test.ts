import { describe, expect, it } from "vitest";
import { localPath } from "./local_path";

describe("localPath", () => {
  it.each(["/", "/shares/retail?tab=history#x", "/a/../b"])("takes %s", (path) => {
    expect(localPath(path)).toBeDefined();
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "",
    "shares",
    7,
    undefined,
  ])("refuses %s", (path) => {
    expect(localPath(path)).toBeUndefined();
  });
});
