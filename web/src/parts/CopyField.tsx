// parts/CopyField.tsx -- text to take along: a link, a token that is shown once, a program.
import { ActionIcon, Code, CopyButton, Group, Paper, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export function Copy({ value, label }: { value: string; label?: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => {
        const text = copied ? t("copied") : (label ?? t("copy"));
        return (
          <Tooltip label={text}>
            <ActionIcon variant="subtle" onClick={copy} aria-label={text} aria-live="polite">
              {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        );
      }}
    </CopyButton>
  );
}

// One line that may be long.
export function CopyField({ value, label }: { value: string; label: string }) {
  return (
    <Paper withBorder px="sm" py={6}>
      <Group wrap="nowrap" justify="space-between">
        <Code className="break-anywhere" bg="transparent" p={0} aria-label={label}>
          {value}
        </Code>
        <Copy value={value} label={label} />
      </Group>
    </Paper>
  );
}

// A program, with its line breaks.
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <Paper withBorder pos="relative" p="sm" pr={44}>
      <Code
        block
        bg="transparent"
        p={0}
        tabIndex={0}
        aria-label={label}
        style={{ overflowX: "auto" }}
      >
        {code}
      </Code>
      <div style={{ position: "absolute", top: 6, right: 6 }}>
        <Copy value={code} />
      </div>
    </Paper>
  );
}
