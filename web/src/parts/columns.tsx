// parts/columns.tsx -- columns of amounts and of moments, which look the same in each list.
import type { Column } from "./DataTable";
import { bytes, count } from "./time";
import { When } from "./When";

type Of<T, Value> = Omit<Column<T>, "value" | "cell"> & { value: (row: T) => Value };

export const countColumn = <T,>(of: Of<T, number>): Column<T> => ({
  cell: (row) => count(of.value(row)),
  align: "end",
  width: "minmax(60px, 100px)",
  ...of,
});

export const bytesColumn = <T,>(of: Of<T, number>): Column<T> => ({
  cell: (row) => bytes(of.value(row)),
  align: "end",
  width: "120px",
  ...of,
});

export const timeColumn = <T,>(of: Of<T, number | undefined>): Column<T> => ({
  cell: (row) => <When ms={of.value(row)} />,
  width: "130px",
  ...of,
});
