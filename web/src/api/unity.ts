// api/unity.ts -- the calls of the catalog that several pages make, as queries under one set of keys.
//
// What changes something calls `api` where it stands and then `useChanged()` for the keys it touched.
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, body } from "./client";
import { allPages, type Page } from "./pages";
import type { components } from "./unity.gen";

type Schemas = components["schemas"];
export type ShareInfo = Schemas["ShareInfo"];
export type SharedDataObject = Schemas["SharedDataObject"];
export type RecipientInfo = Schemas["RecipientInfo"];
export type CatalogInfo = Schemas["CatalogInfo"];
export type SchemaInfo = Schemas["SchemaInfo"];
export type TableInfo = Schemas["TableInfo"];
export type TableSummary = Schemas["TableSummary"];
export type PrivilegeAssignment = Schemas["PrivilegeAssignment"];
export type Privilege = Schemas["Privilege"];
export type SecurableType = Schemas["SecurableType"];
export type SearchResult = Schemas["SearchResult"];

type Token = string | undefined;

const paging = (page_token: Token) => ({ max_results: 0, ...(page_token && { page_token }) });

export const listShares = async (token: Token): Promise<Page<ShareInfo>> => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/shares", { params: { query: paging(token) } }),
  );
  return { items: page.shares ?? [], next: page.next_page_token };
};

export const listRecipients = async (token: Token): Promise<Page<RecipientInfo>> => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/recipients", { params: { query: paging(token) } }),
  );
  return { items: page.recipients ?? [], next: page.next_page_token };
};

export const listCatalogs = async (token: Token): Promise<Page<CatalogInfo>> => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/catalogs", { params: { query: paging(token) } }),
  );
  return { items: page.catalogs ?? [], next: page.next_page_token };
};

export const listSchemas = async (catalog: string, token: Token): Promise<Page<SchemaInfo>> => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/schemas", {
      params: { query: { catalog_name: catalog, ...paging(token) } },
    }),
  );
  return { items: page.schemas ?? [], next: page.next_page_token };
};

// Without columns and properties: a schema may have a hundred thousand tables.
export const listTables = async (
  catalog: string,
  schema: string,
  token: Token,
): Promise<Page<TableInfo>> => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/tables", {
      params: {
        query: {
          catalog_name: catalog,
          schema_name: schema,
          omit_columns: true,
          omit_properties: true,
          ...paging(token),
        },
      },
    }),
  );
  return { items: page.tables ?? [], next: page.next_page_token };
};

// Those of a schema that have `words` in their names; found by the server, which tells little of them.
export const findTables = async (
  catalog: string,
  schema: string,
  words: string,
  token: Token,
): Promise<Page<TableSummary>> => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/table-summaries", {
      params: {
        query: {
          catalog_name: catalog,
          schema_name_pattern: schema,
          table_name_pattern: `%${words}%`,
          ...paging(token),
        },
      },
    }),
  );
  return { items: page.tables ?? [], next: page.next_page_token };
};

export const shareQuery = (name: string) =>
  queryOptions({
    queryKey: ["share", name],
    queryFn: () =>
      body(
        api.GET("/api/2.1/unity-catalog/shares/{name}", {
          params: { path: { name }, query: { include_shared_data: true } },
        }),
      ),
  });

// Which recipients a share is granted to.
export const listShareGrants = async (
  name: string,
  token: Token,
): Promise<Page<PrivilegeAssignment>> => {
  const page = await body(
    api.GET("/api/2.1/unity-catalog/shares/{name}/permissions", {
      params: { path: { name }, query: paging(token) },
    }),
  );
  return { items: page.privilege_assignments ?? [], next: page.next_page_token };
};

export const shareGrantsQuery = (name: string) =>
  queryOptions({
    queryKey: ["share", name, "grants"],
    queryFn: () => allPages((token) => listShareGrants(name, token)),
  });

export const recipientQuery = (name: string) =>
  queryOptions({
    queryKey: ["recipient", name],
    queryFn: () =>
      body(api.GET("/api/2.1/unity-catalog/recipients/{name}", { params: { path: { name } } })),
  });

// Which shares a recipient was granted.
export const recipientGrantsQuery = (name: string) =>
  queryOptions({
    queryKey: ["recipient", name, "grants"],
    queryFn: async () =>
      (
        await body(
          api.GET("/api/2.1/unity-catalog/recipients/{name}/share-permissions", {
            params: { path: { name } },
          }),
        )
      ).permissions_out ?? [],
  });

export const tableQuery = (full_name: string) =>
  queryOptions({
    queryKey: ["table", full_name],
    queryFn: () =>
      body(
        api.GET("/api/2.1/unity-catalog/tables/{full_name}", { params: { path: { full_name } } }),
      ),
  });

// Grants or takes SELECT on a share. `expires_at`: when the grants end by themselves.
export function changeShareGrants(
  name: string,
  change: { add?: string[]; remove?: string[]; expires_at?: number | undefined },
) {
  const select: Privilege[] = ["SELECT"];
  return body(
    api.PATCH("/api/2.1/unity-catalog/shares/{name}/permissions", {
      params: { path: { name } },
      body: {
        changes: [
          ...(change.add ?? []).map((principal) => ({
            principal,
            add: select,
            ...(change.expires_at !== undefined && { expires_at: change.expires_at }),
          })),
          ...(change.remove ?? []).map((principal) => ({ principal, remove: select })),
        ],
      },
    }),
  );
}

// Call it after a change: whatever the portal knows under these first parts of keys is asked for anew.
export function useChanged() {
  const client = useQueryClient();
  return (...kinds: string[]) =>
    Promise.all(kinds.map((kind) => client.invalidateQueries({ queryKey: [kind] })));
}
