// parts/Waiting.tsx -- what stands where data of a query will: that it is on its way, or why it does not come.
//
//   if (!query.data) return <Waiting for={query} />;
import { Center, Loader } from "@mantine/core";
import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "./ErrorNotice";
import { PageHeader } from "./PageHeader";

interface Props {
  for: { error: unknown; refetch: () => unknown };
  // In place of a whole page: its title.
  page?: Pick<ComponentProps<typeof PageHeader>, "title" | "above">;
}

export function Waiting({ for: query, page }: Props) {
  return (
    <>
      {page && <PageHeader {...page} />}
      {query.error ? (
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

export function Loading({ height = 200 }: { height?: number }) {
  const { t } = useTranslation();
  return (
    <Center mih={height}>
      <Loader aria-label={t("loading")} />
    </Center>
  );
}
