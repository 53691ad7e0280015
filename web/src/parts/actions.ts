// parts/actions.ts -- the audit log's actions in words.
import { i18next } from "~/texts";

const words = () => i18next.getResource(i18next.language, "translation", "actions");

export const actionNames = (): string[] => Object.keys(words());

// What changes something, or calls for somebody.
export const changingActions = (): string[] =>
  actionNames().filter((name) =>
    /^((create|update|replace|delete|rotate|retrieve|generate|revoke|run)[A-Z]|deltaSharingDenied)/.test(
      name,
    ),
  );

// Which `text` means: all that are called so (two may be), or one by its own name.
export function actionsNamed(text: string): string[] {
  const sought = text.trim().toLowerCase();
  const called = actionNames().filter((name) => actionText(name).toLowerCase() === sought);
  return called.length > 0 ? called : [text.trim()];
}

// Of one that has no text its name, apart: "doSomethingNew" is "Do something new".
export function actionText(name: string): string {
  const known: Record<string, string> = words();
  if (Object.hasOwn(known, name)) return known[name] ?? name;
  const apart = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return apart.charAt(0).toUpperCase() + apart.slice(1);
}
