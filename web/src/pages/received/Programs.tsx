// pages/received/Programs.tsx -- programs to copy, for one table.
import { Anchor, List, Stack, Tabs, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { CodeBlock } from "~/parts/CopyField";
import { programsFor, stepsFor } from "./programs";

export function Programs({ table }: { table: string }) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  const endpoint = `${window.location.origin}/delta-sharing`;
  const programs = programsFor(table);
  const steps = stepsFor(endpoint);
  return (
    <Stack>
      <Text size="sm">{t("received.connect.file")}</Text>
      <Tabs
        defaultValue={programs[0]?.name}
        orientation={narrow ? "horizontal" : "vertical"}
        keepMounted={false}
      >
        <Tabs.List aria-label={t("nav.connect")} mr={narrow ? 0 : "lg"} mb={narrow ? "md" : 0}>
          {[...programs, ...steps].map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {programs.map(({ name, install, code }) => (
          <Tabs.Panel key={name} value={name} miw={0}>
            <Stack gap="sm">
              {install && <CodeBlock code={install} label={t("received.connect.install")} />}
              <CodeBlock code={code} label={name} />
            </Stack>
          </Tabs.Panel>
        ))}
        {steps.map(({ name, steps: list, link }) => (
          <Tabs.Panel key={name} value={name} miw={0}>
            <List type="ordered" spacing="xs">
              {list.map((step) => (
                <List.Item key={step} className="break-anywhere">
                  {step}
                </List.Item>
              ))}
            </List>
            {link && (
              <Anchor href={link} target="_blank" rel="noreferrer noopener" size="sm">
                {link}
              </Anchor>
            )}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}
