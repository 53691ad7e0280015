// api/sharing.ts -- the Delta Sharing protocol, as the pages of a recipient speak it.
//
// Protocol: Delta Sharing, "List Shares", "List all tables in a Share", "Query Table Metadata".
import { queryOptions } from "@tanstack/react-query";
import { fetchPortal } from "./client";
import { allPages } from "./pages";

const kPrefix = "/delta-sharing";

export interface SharedTable {
  share: string;
  schema: string;
  name: string;
}

export const nameOf = (table: SharedTable) => `${table.share}.${table.schema}.${table.name}`;

async function listAll<T>(path: string): Promise<T[]> {
  return allPages<T>(async (token) => {
    const query = token ? `?pageToken=${encodeURIComponent(token)}` : "";
    const page = (await (await fetchPortal(`${kPrefix}${path}${query}`)).json()) as {
      items?: T[];
      nextPageToken?: string;
    };
    return { items: page.items ?? [], next: page.nextPageToken };
  });
}

export const sharedTablesQuery = queryOptions({
  queryKey: ["received", "tables"],
  queryFn: async () => {
    const shares = await listAll<{ name: string }>("/shares");
    const tables = await Promise.all(
      shares.map(({ name }) =>
        listAll<SharedTable>(`/shares/${encodeURIComponent(name)}/all-tables`),
      ),
    );
    return tables.flat();
  },
});

export interface SharedColumn {
  name: string;
  type: string;
  nullable: boolean;
  comment?: string | undefined;
}

interface SchemaField {
  name: string;
  type: unknown;
  nullable?: boolean;
  metadata?: { comment?: string };
}

// "long", "array<string>", "struct<a: int>": as the schema of a Delta table has types.
export function typeText(type: unknown): string {
  if (typeof type === "string") return type;
  const told = type as Record<string, unknown>;
  switch (told.type) {
    case "array":
      return `array<${typeText(told.elementType)}>`;
    case "map":
      return `map<${typeText(told.keyType)}, ${typeText(told.valueType)}>`;
    case "struct":
      return `struct<${((told.fields ?? []) as SchemaField[])
        .map((field) => `${field.name}: ${typeText(field.type)}`)
        .join(", ")}>`;
    default:
      return String(told.type ?? "");
  }
}

// Lines of JSON; the one with metaData has the schema as text.
export function readColumns(lines: string): SharedColumn[] {
  for (const line of lines.split("\n")) {
    if (line.trim() === "") continue;
    const told = JSON.parse(line) as {
      metaData?: { schemaString?: string; deltaMetadata?: { schemaString?: string } };
    };
    const text = told.metaData?.schemaString ?? told.metaData?.deltaMetadata?.schemaString;
    if (text === undefined) continue;
    const schema = JSON.parse(text) as { fields: SchemaField[] };
    return schema.fields.map((field) => ({
      name: field.name,
      type: typeText(field.type),
      nullable: field.nullable !== false,
      comment: field.metadata?.comment,
    }));
  }
  return [];
}

export const sharedColumnsQuery = (table: SharedTable) =>
  queryOptions({
    queryKey: ["received", "columns", nameOf(table)],
    queryFn: async () => {
      const [share, schema, name] = [table.share, table.schema, table.name].map(encodeURIComponent);
      const answer = await fetchPortal(
        `${kPrefix}/shares/${share}/schemas/${schema}/tables/${name}/metadata`,
        {
          headers: {
            "delta-sharing-capabilities":
              "responseformat=delta,parquet;readerfeatures=deletionvectors,columnmapping,timestampntz,v2checkpoint,variantType,typewidening",
          },
        },
      );
      return readColumns(await answer.text());
    },
  });
