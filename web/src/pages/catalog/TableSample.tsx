// pages/catalog/TableSample.tsx -- the first rows of a table, with one's own rights.
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { SampleRows } from "~/parts/SampleRows";
import { Waiting } from "~/parts/Waiting";

export function TableSample({ table }: { table: string }) {
  const { t } = useTranslation();
  const sample = useQuery({
    queryKey: ["table", table, "sample"],
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/2.1/sluice/tables/{full_name}/sample", {
          params: { path: { full_name: table }, query: { limit: 100 } },
          signal,
        }),
      ),
  });
  if (!sample.data) return <Waiting for={sample} />;
  return <SampleRows sample={sample.data} label={t("recipients.seeAs.rowsOf", { table })} />;
}
