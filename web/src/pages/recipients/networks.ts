// pages/recipients/networks.ts -- IP networks as a text field has them.

// One a line, or with commas or blanks between.
export function toNetworks(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== "");
}
