// api/pages.ts -- lists that come page by page, as one growing list.
import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

export interface Page<T> {
  items: T[];
  // Absent on the last page. A page may be empty and still not be the last.
  next?: string | undefined;
}

export interface Growing<T> {
  items: T[];
  isLoading: boolean;
  error: unknown;
  hasMore: boolean;
  loadMore: () => void;
  // After a further page was refused: that page.
  refetch: () => void;
}

const isShort = (query: { state: { data?: { pages: unknown[] } | undefined } }) =>
  (query.state.data?.pages.length ?? 0) <= 3;

export function usePages<T>(
  key: QueryKey,
  fetchPage: (pageToken: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  options: { enabled?: boolean } = {},
): Growing<T> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    enabled: options.enabled ?? true,
    // Of a list that grew long each page would be asked for again.
    refetchOnWindowFocus: isShort,
    refetchOnMount: isShort,
  });
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return {
    items,
    isLoading: query.isLoading,
    error: query.error,
    hasMore: query.hasNextPage,
    loadMore: () => {
      if (query.hasNextPage && !query.isFetching) void query.fetchNextPage();
    },
    refetch: () => void (query.isFetchNextPageError ? query.fetchNextPage() : query.refetch()),
  };
}

// All pages of a list that is short by nature (the objects of one share, the schemas of a catalog).
export async function allPages<T>(
  fetchPage: (pageToken: string | undefined) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  for (let token: string | undefined; ; ) {
    const page = await fetchPage(token);
    items.push(...page.items);
    if (!page.next) return items;
    token = page.next;
  }
}
