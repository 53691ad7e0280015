// parts/privileges.ts -- the privileges that the portal offers, by what they are granted on: those that have an
// effect so far. The API takes more of them, for programs that grant whatever the dialect knows.
import type { Privilege } from "~/api/unity";

export type Grantable =
  | "metastore"
  | "catalog"
  | "schema"
  | "table"
  | "storage_credential"
  | "external_location";

const kTable: Privilege[] = ["SELECT", "MODIFY", "BROWSE", "MANAGE", "ALL_PRIVILEGES"];
const kSchema: Privilege[] = ["USE_SCHEMA", "CREATE_TABLE", ...kTable];

export const kPrivileges: Record<Grantable, Privilege[]> = {
  metastore: [
    "CREATE_CATALOG",
    "CREATE_SHARE",
    "CREATE_RECIPIENT",
    "CREATE_PROVIDER",
    "CREATE_STORAGE_CREDENTIAL",
    "CREATE_EXTERNAL_LOCATION",
    "USE_SHARE",
    "USE_RECIPIENT",
    "USE_PROVIDER",
    "SET_SHARE_PERMISSION",
    "MANAGE",
  ],
  catalog: ["USE_CATALOG", "CREATE_SCHEMA", ...kSchema],
  schema: kSchema,
  table: kTable,
  storage_credential: [
    "READ_FILES",
    "WRITE_FILES",
    "CREATE_EXTERNAL_LOCATION",
    "CREATE_EXTERNAL_TABLE",
    "MANAGE",
    "ALL_PRIVILEGES",
  ],
  external_location: [
    "READ_FILES",
    "WRITE_FILES",
    "CREATE_EXTERNAL_TABLE",
    "BROWSE",
    "MANAGE",
    "ALL_PRIVILEGES",
  ],
};

// USE_CATALOG -> "USE CATALOG", as SQL says it.
export const inWords = (privilege: string) => privilege.replaceAll("_", " ");
