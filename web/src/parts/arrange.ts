// parts/arrange.ts -- the rows of a list that have some words, in the order of a column.

export interface Sorting {
  id: string;
  desc?: boolean;
}

type Value = string | number | null | undefined;

interface Valued<T> {
  id: string;
  value: (row: T) => Value;
}

// Rows as they are where there is nothing to do. What has no value comes last in both directions.
export function arrange<T>(rows: T[], columns: Valued<T>[], words: string, sorting?: Sorting): T[] {
  const sought = words.trim().toLowerCase();
  const has = (row: T) =>
    columns.some(({ value }) =>
      String(value(row) ?? "")
        .toLowerCase()
        .includes(sought),
    );
  const found = sought === "" ? rows : rows.filter(has);
  const column = columns.find(({ id }) => id === sorting?.id);
  if (!column) return found;
  const sign = sorting?.desc ? -1 : 1;
  const keyed = found.map((row) => ({ row, key: column.value(row) ?? undefined }));
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) {
      return Number(a.key === undefined) - Number(b.key === undefined);
    }
    return sign * compare(a.key, b.key);
  });
  return keyed.map(({ row }) => row);
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return names.compare(String(a), String(b));
}
