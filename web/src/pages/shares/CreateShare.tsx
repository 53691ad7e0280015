// pages/shares/CreateShare.tsx -- an empty share, to be filled on its page.
import { Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import { NewNamed } from "~/parts/NewNamed";

export function CreateShare({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const changed = useChanged();
  return (
    <Modal opened={opened} onClose={onClose} title={t("shares.create")}>
      {opened && (
        <NewNamed
          action={t("shares.create")}
          nameHint={t("shares.nameHint")}
          onClose={onClose}
          onCreate={async ({ name, comment }) => {
            await body(
              api.POST("/api/2.1/unity-catalog/shares", {
                body: { name, ...(comment && { comment }) },
              }),
            );
            await changed("shares");
            await navigate({ to: "/shares/$name", params: { name } });
          }}
        />
      )}
    </Modal>
  );
}
