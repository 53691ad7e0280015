// parts/Facts.tsx -- names and values of one thing, as a description list.
import { Box, Text } from "@mantine/core";
import type { ReactNode } from "react";

export function Facts({ facts }: { facts: [label: string, value: ReactNode][] }) {
  return (
    <Box
      component="dl"
      m={0}
      style={{
        display: "grid",
        gridTemplateColumns: "minmax(120px, max-content) minmax(0, 1fr)",
        columnGap: "var(--mantine-spacing-lg)",
        rowGap: 8,
      }}
    >
      {facts.map(([label, value]) => (
        <div key={label} style={{ display: "contents" }}>
          <Text component="dt" size="sm" c="dimmed">
            {label}
          </Text>
          <Text component="dd" size="sm" m={0} className="break-anywhere">
            {value}
          </Text>
        </div>
      ))}
    </Box>
  );
}
