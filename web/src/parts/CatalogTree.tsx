// parts/CatalogTree.tsx -- the tree of the catalog, to walk or to choose tables from. Only the rows in view
// exist.
import { Checkbox, Group, Loader, ScrollArea, Text } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./CatalogTree.module.css";
import { ErrorNotice } from "./ErrorNotice";
import { SecurableIcon } from "./securable";
import type { TreeRow, CatalogTree as TreeState } from "./useCatalogTree";

interface Props {
  tree: Pick<TreeState, "rows" | "isLoading" | "error"> & Partial<TreeState>;
  label: string;
  // The row whose page is shown.
  current?: string | undefined;
  onChoose?: (row: TreeRow) => void;
  // With it tables have boxes.
  checked?: Set<string>;
  onCheck?: (table: string, checked: boolean) => void;
  empty?: ReactNode;
  maxHeight: number | string;
}

const kRowHeight = 30;

export function CatalogTree(props: Props) {
  const { t } = useTranslation();
  const { tree } = props;
  if (tree.error && tree.rows.length === 0) return <ErrorNotice error={tree.error} />;
  if (tree.isLoading) return <Loader size="sm" aria-label={t("loading")} />;
  if (tree.rows.length === 0) return <>{props.empty}</>;
  return <Rows {...props} />;
}

function Rows({ tree, label, current, onChoose, checked, onCheck, maxHeight }: Props) {
  const { rows, setOpen, loadMore } = tree;
  const scroller = useRef<HTMLDivElement>(null);
  // The row that the tab key comes to. It exists even where it is out of view.
  const [active, setActive] = useState(0);
  const reached = Math.min(active, rows.length - 1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => kRowHeight,
    overscan: 15,
    rangeExtractor: (range) =>
      [...new Set([...defaultRangeExtractor(range), reached])].sort((a, b) => a - b),
  });
  const window = virtual.getVirtualItems();
  const more = window.map((item) => rows[item.index]).find((row) => row?.kind === "more")?.value;
  useEffect(() => {
    if (more !== undefined) loadMore?.(more.slice(0, -1));
  });

  const choose = (row: TreeRow) => {
    if (row.kind === "table" && onCheck) onCheck(row.value, !checked?.has(row.value));
    else if (onChoose) onChoose(row);
    else if (row.open !== undefined) setOpen?.(row.value, !row.open);
  };
  const goTo = (index: number) => {
    const to = Math.max(0, Math.min(index, rows.length - 1));
    setActive(to);
    virtual.scrollToIndex(to);
    // Once it is there.
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus(),
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[reached];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = keyTarget(event.key, rows, reached);
    if (to !== undefined) goTo(to);
    else if (event.key === "ArrowRight" && row.open === false) setOpen?.(row.value, true);
    else if (event.key === "ArrowLeft" && row.open) setOpen?.(row.value, false);
    else if (event.key === "Enter" || event.key === " ") choose(row);
    else return;
    event.preventDefault();
  };
  return (
    <ScrollArea.Autosize mah={maxHeight} type="auto" viewportRef={scroller}>
      <div
        role="tree"
        aria-label={label}
        className={classes.tree}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {window.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <Row
              key={row.value}
              row={row}
              index={item.index}
              top={item.start}
              reachable={item.index === reached}
              isCurrent={row.value === current}
              checked={onCheck && row.kind === "table" ? !!checked?.has(row.value) : undefined}
              onFocus={() => setActive(item.index)}
              onToggle={() => setOpen?.(row.value, !row.open)}
              onChoose={() => {
                choose(row);
                if (onChoose && row.open === false) setOpen?.(row.value, true);
              }}
            />
          );
        })}
      </div>
    </ScrollArea.Autosize>
  );
}

// Where a key leads from row `from`; nothing for keys that stay.
function keyTarget(key: string, rows: TreeRow[], from: number): number | undefined {
  const row = rows[from];
  switch (key) {
    case "ArrowDown":
      return from + 1;
    case "ArrowUp":
      return from - 1;
    case "Home":
      return 0;
    case "End":
      return rows.length - 1;
    case "ArrowRight":
      return row?.open ? from + 1 : undefined;
    case "ArrowLeft":
      if (!row || row.open || row.level === 1) return undefined;
      return rows.findLastIndex((one, index) => index < from && one.level < row.level);
    default:
      return undefined;
  }
}

interface RowProps {
  row: TreeRow;
  index: number;
  top: number;
  reachable: boolean;
  isCurrent: boolean;
  checked: boolean | undefined;
  onFocus: () => void;
  onToggle: () => void;
  onChoose: () => void;
}

function Row({ row, index, top, reachable, isCurrent, checked, ...on }: RowProps) {
  const { t } = useTranslation();
  return (
    <Group
      role="treeitem"
      tabIndex={reachable ? 0 : -1}
      aria-level={row.level}
      aria-expanded={row.open}
      aria-current={isCurrent ? "page" : undefined}
      aria-checked={checked}
      gap={6}
      wrap="nowrap"
      className={classes.node}
      data-index={index}
      data-current={isCurrent || undefined}
      style={{ transform: `translateY(${top}px)`, paddingInlineStart: 8 + (row.level - 1) * 16 }}
      onFocus={on.onFocus}
      onClick={on.onChoose}
    >
      {row.kind === "more" ? (
        <Loader size={14} ml={20} aria-label={t("list.moreToCome")} />
      ) : (
        <>
          {row.open === undefined ? (
            <span className={classes.gap} />
          ) : (
            <IconChevronRight
              size={14}
              aria-hidden
              className={classes.chevron}
              data-open={row.open || undefined}
              onClick={(event) => {
                event.stopPropagation();
                on.onToggle();
              }}
            />
          )}
          {checked !== undefined && <Checkbox.Indicator size="xs" checked={checked} aria-hidden />}
          <SecurableIcon type={row.kind} size={16} />
          <Text size="sm" truncate title={row.value}>
            {row.label}
          </Text>
        </>
      )}
    </Group>
  );
}
