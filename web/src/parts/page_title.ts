import { useEffect } from "react";
import { useTranslation } from "react-i18next";

// The name of the page in the window's title and in the history.
export function usePageTitle(title: string) {
  const { t } = useTranslation();
  const app = t("appName");
  useEffect(() => {
    document.title = title ? `${title} · ${app}` : app;
  }, [title, app]);
}
