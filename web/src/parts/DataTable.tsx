// parts/DataTable.tsx -- a list as a table: sorted, filtered, keyboard-friendly, and as long as it
// may be, since only the rows in view exist.
//
// Rows come from a `Growing` list (more are asked for as the end comes near) or a plain array. While the list
// grows nothing is done a row, however many there are: sorting and filtering ask for all of it first, and
// what is too long for that is filtered by the server (`onFilter`). On a phone columns marked `wide` are left
// out.
import {
  Box,
  Group,
  Loader,
  ScrollArea,
  Text,
  TextInput,
  UnstyledButton,
  VisuallyHidden,
} from "@mantine/core";
import { useDebouncedCallback, useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { arrange, type Sorting } from "./arrange";
import classes from "./DataTable.module.css";
import { ErrorNotice } from "./ErrorNotice";

export interface Column<T> {
  id: string;
  // Empty: of buttons, not sorted.
  label: string;
  // What the column sorts and filters by.
  value: (row: T) => string | number | null | undefined;
  cell?: (row: T) => ReactNode;
  // A share of the width, as CSS grid has it; default "minmax(120px, 1fr)".
  width?: string;
  wide?: boolean;
  align?: "end";
}

export interface TableProps<T> {
  // What is listed, for screen readers.
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  isLoading?: boolean;
  error?: unknown;
  hasMore?: boolean;
  loadMore?: () => void;
  onRetry?: () => void;
  // Shown in place of an empty list that is not filtered.
  empty?: ReactNode;
  // Beside the filter.
  tools?: ReactNode;
  filterable?: boolean;
  // With it a list that has more is filtered by who lists it: the words that are asked for.
  onFilter?: (words: string) => void;
  // False: the order says something that none by a column does.
  sortable?: boolean;
  initialSort?: Sorting;
  // The list's own scroll height; short lists take what they need.
  maxHeight?: number | string;
}

const kRowHeight = 45;

export function DataTable<T>(props: TableProps<T>) {
  const { t } = useTranslation();
  const { columns, rows, rowKey, hasMore = false, loadMore, filterable = true } = props;
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const [sorting, setSorting] = useState(props.initialSort);
  const [filter, setFilter] = useState("");
  const { onFilter } = props;
  // What is sought once nobody types: a long list is not gone through at each key.
  const [sought, setSought] = useState("");
  const seek = useDebouncedCallback((words: string) => {
    setSought(words);
    onFilter?.(words);
  }, 200);
  const shown = useMemo(
    () => columns.filter((column) => !(narrow && column.wide)),
    [columns, narrow],
  );
  const words = onFilter && hasMore ? "" : sought;
  const sortedBy = hasMore ? undefined : sorting;
  // biome-ignore lint/correctness/useExhaustiveDependencies: columns are made anew each time, and say the same.
  const visible = useMemo(() => arrange(rows, columns, words, sortedBy), [rows, words, sortedBy]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: visible.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => kRowHeight,
    overscan: 12,
  });
  const window = virtual.getVirtualItems();
  const last = window.at(-1)?.index ?? -1;
  // More is asked for when the end comes into view; sorting or filtering asks for all of it. What was refused is
  // asked for again when somebody says so.
  const wantsAll = words !== "" || sorting !== undefined;
  const goesOn = hasMore && !props.error;
  useEffect(() => {
    if (goesOn && (wantsAll || last >= visible.length - 20)) loadMore?.();
  }, [goesOn, wantsAll, last, visible.length, loadMore]);

  if (props.error && rows.length === 0) {
    return <ErrorNotice error={props.error} {...(props.onRetry && { onRetry: props.onRetry })} />;
  }
  if (!props.isLoading && rows.length === 0 && !hasMore && filter === "" && sought === "")
    return <>{props.empty}</>;

  const template = shown.map((column) => column.width ?? "minmax(120px, 1fr)").join(" ");
  const before = window[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (window.at(-1)?.end ?? 0);
  return (
    <Box>
      {(filterable || props.tools) && (
        <Group justify="space-between" mb="sm" gap="sm">
          {filterable ? (
            <TextInput
              size="sm"
              w={{ base: "100%", xs: 280 }}
              leftSection={<IconSearch size={15} aria-hidden />}
              placeholder={t("list.filter")}
              aria-label={`${t("list.filterLabel")}: ${props.label}`}
              value={filter}
              onChange={(event) => {
                setFilter(event.currentTarget.value);
                seek(event.currentTarget.value.trim());
              }}
            />
          ) : (
            <span />
          )}
          {props.tools && <Group gap="sm">{props.tools}</Group>}
        </Group>
      )}
      <ScrollArea.Autosize
        mah={props.maxHeight ?? "max(320px, calc(100dvh - 280px))"}
        viewportRef={scroller}
        type="auto"
        className={classes.frame}
        viewportProps={{ tabIndex: 0, role: "group", "aria-label": props.label }}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: a grid layout, since rows are virtual. */}
        <div
          role="table"
          aria-label={props.label}
          aria-rowcount={hasMore ? -1 : visible.length + 1}
          className={classes.table}
        >
          {/* biome-ignore lint/a11y/useSemanticElements: see above. */}
          {/* biome-ignore lint/a11y/useFocusableInteractive: rows take no focus; what is in them does. */}
          <div
            role="row"
            aria-rowindex={1}
            className={classes.head}
            style={{ gridTemplateColumns: template }}
          >
            {shown.map((column) => (
              <Head
                key={column.id}
                column={column}
                sorting={sorting}
                onSort={props.sortable === false ? undefined : setSorting}
              />
            ))}
          </div>
          <div style={{ height: before }} />
          {window.map((item) => {
            const row = visible[item.index];
            if (row === undefined) return null;
            return (
              // biome-ignore lint/a11y/useSemanticElements: see above.
              // biome-ignore lint/a11y/useFocusableInteractive: what is in it takes the focus.
              <div
                key={rowKey(row)}
                role="row"
                aria-rowindex={item.index + 2}
                data-index={item.index}
                ref={virtual.measureElement}
                className={classes.row}
                style={{ gridTemplateColumns: template }}
              >
                <Cells row={row} columns={shown} />
              </div>
            );
          })}
          <div style={{ height: after }} />
        </div>
        {(props.isLoading || goesOn) && (
          <Group justify="center" p="sm">
            <Loader size="sm" aria-label={t("list.moreToCome")} />
          </Group>
        )}
        {filter !== "" && visible.length === 0 && !hasMore && !props.isLoading && (
          <Text c="dimmed" ta="center" p="lg">
            {t("list.nothing", { filter })}
          </Text>
        )}
      </ScrollArea.Autosize>
      {props.error ? (
        <ErrorNotice error={props.error} {...(props.onRetry && { onRetry: props.onRetry })} />
      ) : null}
    </Box>
  );
}

function Head<T>({
  column,
  sorting,
  onSort,
}: {
  column: Column<T>;
  sorting: Sorting | undefined;
  onSort: ((sorting: Sorting | undefined) => void) | undefined;
}) {
  const { t } = useTranslation();
  const direction = sorting?.id !== column.id ? "none" : sorting.desc ? "descending" : "ascending";
  // Up, down, and as it came.
  const next = { none: { id: column.id }, ascending: { id: column.id, desc: true } };
  const sort = () => onSort?.(direction === "descending" ? undefined : next[direction]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above.
    // biome-ignore lint/a11y/useFocusableInteractive: its button takes the focus.
    <div
      role="columnheader"
      aria-sort={direction}
      data-align={column.align}
      className={classes.cell}
    >
      {column.label === "" ? (
        <VisuallyHidden>{t("list.actions")}</VisuallyHidden>
      ) : onSort ? (
        <UnstyledButton onClick={sort} fz="xs" fw={600} c="dimmed" className={classes.sort}>
          {column.label}
          {direction === "ascending" && <IconArrowUp size={13} aria-hidden />}
          {direction === "descending" && <IconArrowDown size={13} aria-hidden />}
        </UnstyledButton>
      ) : (
        <Text span fz="xs" fw={600} c="dimmed">
          {column.label}
        </Text>
      )}
    </div>
  );
}

interface CellsProps<T> {
  row: T;
  columns: Column<T>[];
}

// Made once, however often the list moves.
const Cells = memo(function Cells<T>({ row, columns }: CellsProps<T>) {
  return columns.map((column) => (
    // biome-ignore lint/a11y/useSemanticElements: a grid layout, since rows are virtual.
    <div key={column.id} role="cell" data-align={column.align} className={classes.cell}>
      {column.cell?.(row) ?? column.value(row) ?? "–"}
    </div>
  ));
}) as <T>(props: CellsProps<T>) => ReactNode;
