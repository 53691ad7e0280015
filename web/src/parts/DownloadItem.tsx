// parts/DownloadItem.tsx -- an entry of a menu that saves a file.
//
// The request needs the portal's header, which a plain link cannot send; so the answer is taken in as a blob.
import { Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fetchPortal } from "~/api/client";

interface Props {
  path: string;
  name: string;
  label: string;
}

export function DownloadItem({ path, name, label }: Props) {
  const { t } = useTranslation();
  const download = useMutation({
    mutationFn: async () => save(await (await fetchPortal(path)).blob(), name),
    onMutate: () =>
      notifications.show({
        id: path,
        loading: true,
        message: t("download.going", { name }),
        autoClose: false,
        withCloseButton: false,
      }),
    onSuccess: () =>
      notifications.update({
        id: path,
        loading: false,
        message: t("download.done", { name }),
        autoClose: 4000,
        withCloseButton: true,
        closeButtonProps: { "aria-label": t("close") },
      }),
    onError: (error) =>
      notifications.update({
        id: path,
        loading: false,
        color: "red",
        message: error.message || t("errors.title"),
        autoClose: false,
        withCloseButton: true,
        closeButtonProps: { "aria-label": t("close") },
      }),
  });
  return (
    <Menu.Item onClick={() => download.mutate()} disabled={download.isPending}>
      {label}
    </Menu.Item>
  );
}

function save(content: Blob, name: string) {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: some browsers begin the download a little later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
