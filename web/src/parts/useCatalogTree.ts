// parts/useCatalogTree.ts -- catalogs, schemas and tables as a tree whose branches are asked for when they
// are opened, and long ones page by page as their end comes into view. What is told is the rows in the order
// in which they stand, so that only those in view need to exist.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { allPages, type Page } from "~/api/pages";
import { listCatalogs, listSchemas, listTables, type TableInfo } from "~/api/unity";

export interface TreeRow {
  // Its full name. Of the row at the end of a branch that has more: that of the branch, and a dot.
  value: string;
  kind: "catalog" | "schema" | "table" | "more";
  label: string;
  // From 1.
  level: number;
  // Absent where there is nothing below.
  open?: boolean;
}

export interface CatalogTree {
  rows: TreeRow[];
  isLoading: boolean;
  error: unknown;
  setOpen: (value: string, open: boolean) => void;
  loadMore: (schema: string) => void;
}

// The parents of a name: "a.b.c" -> ["a", "a.b"].
export function parentsOf(fullName: string): string[] {
  const parts = fullName.split(".");
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("."));
}

const dataOf = <T>(results: { data: T }[]): T[] => results.map((result) => result.data);

export function useCatalogTree(initiallyOpen: string[] = []): CatalogTree {
  const [open, setOpen] = useState<Record<string, boolean>>(() =>
    Object.fromEntries(initiallyOpen.map((value) => [value, true])),
  );
  const catalogs = useQuery({
    queryKey: ["catalogs", "all"],
    queryFn: () => allPages(listCatalogs),
  });
  const openCatalogs = (catalogs.data ?? []).filter(({ name }) => open[name]);
  const schemas = useQueries({
    queries: openCatalogs.map(({ name }) => ({
      queryKey: ["schemas", name, "all"],
      queryFn: () => allPages((token) => listSchemas(name, token)),
    })),
    combine: dataOf,
  });
  const openSchemas = schemas.flatMap((some) => some ?? []).filter((one) => open[one.full_name]);
  const tables = useTablePages(openSchemas.map((one) => one.full_name));

  const rows = useMemo(() => {
    const all: TreeRow[] = [];
    const schemasOf = new Map(schemas.map((some) => [some?.[0]?.catalog_name, some]));
    for (const { name } of catalogs.data ?? []) {
      all.push({ value: name, kind: "catalog", label: name, level: 1, open: !!open[name] });
      if (!open[name]) continue;
      const below = schemasOf.get(name);
      if (!below) all.push({ value: `${name}.`, kind: "more", label: "", level: 2 });
      for (const { full_name, name: label } of below ?? []) {
        const isOpen = !!open[full_name];
        all.push({ value: full_name, kind: "schema", label, level: 2, open: isOpen });
        if (isOpen) pushTables(all, full_name, tables.pages.get(full_name) ?? []);
      }
    }
    return all;
  }, [catalogs.data, schemas, tables.pages, open]);
  return {
    rows,
    isLoading: catalogs.isLoading,
    error: catalogs.error,
    setOpen: (value, isOpen) => setOpen((old) => ({ ...old, [value]: isOpen })),
    loadMore: tables.loadMore,
  };
}

type TablePage = Page<TableInfo> | undefined;

function pushTables(rows: TreeRow[], schema: string, pages: TablePage[]) {
  for (const page of pages) {
    for (const { full_name, name } of page?.items ?? []) {
      rows.push({ value: full_name, kind: "table", label: name, level: 3 });
    }
  }
  const last = pages.at(-1);
  if (!last || last.next) rows.push({ value: `${schema}.`, kind: "more", label: "", level: 3 });
}

// The first pages of the tables of some schemas, one query a page; one that is not there yet is undefined.
function useTablePages(schemas: string[]) {
  // Of the pages behind the first.
  const [tokens, setTokens] = useState<Record<string, string[]>>({});
  const asked = schemas.flatMap((schema) =>
    [undefined, ...(tokens[schema] ?? [])].map((token) => ({ schema, token })),
  );
  const results = useQueries({
    queries: asked.map(({ schema, token }) => {
      const [catalog = "", name = ""] = schema.split(".");
      return {
        queryKey: ["tables", schema, "page", token ?? ""],
        queryFn: () => listTables(catalog, name, token),
      };
    }),
    combine: dataOf,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` is made of these.
  const pages = useMemo(() => {
    const found = new Map<string, TablePage[]>();
    asked.forEach(({ schema }, index) => {
      const some = found.get(schema);
      if (some) some.push(results[index]);
      else found.set(schema, [results[index]]);
    });
    return found;
  }, [results, tokens, schemas.join("\n")]);
  return {
    pages,
    loadMore: (schema: string) => {
      const next = pages.get(schema)?.at(-1)?.next;
      if (!next) return;
      setTokens((old) => {
        const have = old[schema] ?? [];
        return have.includes(next) ? old : { ...old, [schema]: [...have, next] };
      });
    },
  };
}
