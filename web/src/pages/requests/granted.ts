// pages/requests/granted.ts -- what a recipient gets with a share, beside the table that it asked for.
import type { SharedDataObject } from "~/api/unity";

export interface Granted {
  // As recipients name them: tables, and whole schemas.
  names: string[];
  // Those that were not asked for; nothing where no table was named.
  others: string[];
  // The table that was asked for, by its name in the catalog.
  source?: string;
}

const sharedName = (object: SharedDataObject) =>
  object.shared_as ?? object.name.split(".").slice(1).join(".");

// `table`: "schema.table" as recipients know it, or only its last part.
export function whatIsGranted(objects: SharedDataObject[], table: string | undefined): Granted {
  const names = objects.map(sharedName);
  if (!table) return { names, others: [] };
  const asked = table.toLowerCase();
  const is = (name: string) =>
    name.toLowerCase() === asked || name.toLowerCase().endsWith(`.${asked}`);
  const direct = objects.find(
    (object) => object.data_object_type !== "SCHEMA" && is(sharedName(object)),
  );
  const others = objects.filter((object) => object !== direct).map(sharedName);
  if (direct) return { names, others, source: direct.name };
  // It comes with a schema, which holds more.
  const [schema, name] = table.split(".");
  const whole = objects.find(
    (object) =>
      object.data_object_type === "SCHEMA" &&
      name !== undefined &&
      object.name.toLowerCase().endsWith(`.${schema?.toLowerCase()}`),
  );
  return { names, others, ...(whole && { source: `${whole.name}.${name}` }) };
}
