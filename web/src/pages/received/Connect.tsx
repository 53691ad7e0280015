// pages/received/Connect.tsx -- how the tools that people have read what is shared.
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { nameOf, sharedTablesQuery } from "~/api/sharing";
import { PageHeader } from "~/parts/PageHeader";
import { Programs } from "./Programs";

export function Connect() {
  const { t } = useTranslation();
  const { data } = useQuery(sharedTablesQuery);
  const first = data?.[0];
  return (
    <>
      <PageHeader title={t("nav.connect")} description={t("received.connect.description")} />
      <Programs table={first ? nameOf(first) : "share.schema.table"} />
    </>
  );
}
