// pages/shares/ShareList.tsx -- every share that one may see.
import { Button } from "@mantine/core";
import { IconPackageExport, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePages } from "~/api/pages";
import { listShares, type ShareInfo } from "~/api/unity";
import { timeColumn } from "~/parts/columns";
import { type Column, DataTable } from "~/parts/DataTable";
import { EmptyState } from "~/parts/EmptyState";
import { PageHeader } from "~/parts/PageHeader";
import { SecurableLink } from "~/parts/securable";
import { CreateShare } from "./CreateShare";

export function ShareList() {
  const { t } = useTranslation();
  const shares = usePages(["shares"], listShares);
  const [creating, setCreating] = useState(false);
  const columns: Column<ShareInfo>[] = [
    {
      id: "name",
      label: t("shares.name"),
      value: (share) => share.name,
      cell: (share) => <SecurableLink type="share" name={share.name} />,
      width: "minmax(180px, 2fr)",
    },
    {
      id: "comment",
      label: t("shares.comment"),
      value: (share) => share.comment,
      width: "minmax(160px, 3fr)",
      wide: true,
    },
    { id: "owner", label: t("shares.owner"), value: (share) => share.owner, wide: true },
    timeColumn({
      id: "updated",
      label: t("shares.updated"),
      value: (share) => share.updated_at,
      width: "minmax(110px, 160px)",
    }),
  ];
  const shareThis = (
    <Button component={Link} to="/share" leftSection={<IconPackageExport size={16} aria-hidden />}>
      {t("shares.shareThis")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("shares.title")}
        description={t("shares.description")}
        actions={
          <>
            <Button
              variant="default"
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => setCreating(true)}
            >
              {t("shares.create")}
            </Button>
            {shareThis}
          </>
        }
      />
      <DataTable
        {...shares}
        rows={shares.items}
        onRetry={shares.refetch}
        label={t("shares.title")}
        columns={columns}
        rowKey={(share) => share.name}
        empty={
          <EmptyState
            icon={IconPackageExport}
            title={t("shares.emptyTitle")}
            text={t("shares.emptyText")}
            action={shareThis}
          />
        }
      />
      <CreateShare opened={creating} onClose={() => setCreating(false)} />
    </>
  );
}
