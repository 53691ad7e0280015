// parts/names.ts -- what the server says of a name, said before it is asked.
import type { TFunction } from "i18next";

// Null: it may be one. Letters do not differ by case; no dot, blank, slash or control character.
export function nameProblem(name: string, t: TFunction): string | null {
  if (name === "") return t("names.missing");
  if (name.length > 255) return t("names.tooLong");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused.
  return /[./ \u0000-\u001F\u007F]/.test(name) ? t("names.letters") : null;
}
