// pages/settings/Validation.tsx -- whether a place can be read with a credential, step by step.
import { Alert, List, Text, ThemeIcon } from "@mantine/core";
import { IconCheck, IconMinus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { components } from "~/api/unity.gen";

type Result = components["schemas"]["ValidationResult"];

const kSigns = {
  PASS: { color: "teal", icon: IconCheck },
  FAIL: { color: "red", icon: IconX },
  SKIP: { color: "gray", icon: IconMinus },
};

export function Validation({ results }: { results: Result[] }) {
  const { t } = useTranslation();
  const failed = results.filter((one) => one.result === "FAIL").length;
  return (
    <Alert
      color={failed > 0 ? "red" : "teal"}
      title={failed > 0 ? t("settings.validation.failed") : t("settings.validation.passed")}
      role="status"
    >
      <List spacing={6} size="sm" center>
        {results.map(({ operation, result, message }) => {
          const { color, icon: Sign } = kSigns[result];
          return (
            <List.Item
              key={operation}
              icon={
                <ThemeIcon size={18} radius="xl" color={color} variant="light">
                  <Sign size={12} aria-hidden />
                </ThemeIcon>
              }
            >
              <Text size="sm" span className="break-anywhere">
                {t(`settings.validation.operations.${operation}`)}:{" "}
                {t(`settings.validation.results.${result}`)}
                {message && `. ${message}`}
              </Text>
            </List.Item>
          );
        })}
      </List>
    </Alert>
  );
}
