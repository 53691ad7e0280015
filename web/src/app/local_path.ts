// app/local_path.ts -- a path within this portal, from text that somebody else may have written.
//
// "//host", "/\host" and "https://host" lead elsewhere; a browser takes backslashes for slashes and
// drops tabs and newlines.
export function localPath(text: unknown): string | undefined {
  if (typeof text !== "string" || !/^\/(?![/\\])/.test(text)) return undefined;
  const base = "https://portal.invalid";
  try {
    const url = new URL(text, base);
    return url.origin === base ? url.pathname + url.search + url.hash : undefined;
  } catch {
    return undefined;
  }
}
