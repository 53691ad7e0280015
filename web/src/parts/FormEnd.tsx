// parts/FormEnd.tsx -- how a form in a dialog ends: what was refused, the way back, and the button that sends it.
//
//   <FormEnd of={save} onCancel={onClose}>{t("save")}</FormEnd>
import { Button, type ButtonProps, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "./ErrorNotice";

interface Props extends Pick<ButtonProps, "disabled" | "color"> {
  // What sends it.
  of: { error: Error | null; isPending: boolean };
  // It cannot be sent yet.
  busy?: boolean;
  onCancel: () => void;
  children: ReactNode;
}

export function FormEnd({ of, busy = false, onCancel, children, ...button }: Props) {
  const { t } = useTranslation();
  return (
    <>
      {of.error && <ErrorNotice error={of.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={of.isPending || busy} {...button}>
          {children}
        </Button>
      </Group>
    </>
  );
}
