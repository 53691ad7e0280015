// pages/catalog/Explorer.tsx -- the tree of the catalog, and the page of what is chosen in it.
import { Box, Button, Drawer, Flex, Group, Text } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { IconDatabase, IconListTree } from "@tabler/icons-react";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { CatalogTree } from "~/parts/CatalogTree";
import { EmptyState } from "~/parts/EmptyState";
import { parentsOf, useCatalogTree } from "~/parts/useCatalogTree";
import { CatalogPage } from "./CatalogPage";
import { Catalogs } from "./Catalogs";
import { SchemaPage } from "./SchemaPage";
import { TablePage } from "./TablePage";

export function Explorer() {
  const { t } = useTranslation();
  const { fullName } = useParams({ strict: false }) as { fullName?: string };
  const narrow = useMediaQuery("(max-width: 62em)");
  const [opened, { open, close }] = useDisclosure();
  const navigate = useNavigate();
  const tree = useCatalogTree(fullName ? [...parentsOf(fullName), fullName] : []);
  const walk = (maxHeight: string) => (
    <CatalogTree
      maxHeight={maxHeight}
      tree={tree}
      label={t("catalog.tree")}
      current={fullName}
      onChoose={(row) => {
        close();
        void navigate({ to: "/catalog/$fullName", params: { fullName: row.value } });
      }}
      empty={
        <EmptyState
          icon={IconDatabase}
          title={t("catalog.emptyTree")}
          text={t("catalog.emptyTreeText")}
        />
      }
    />
  );
  return (
    <Flex gap="xl" align="flex-start">
      {!narrow && (
        <Box w={280} style={{ flex: "0 0 280px", position: "sticky", top: 80 }}>
          <Text size="xs" fw={600} c="dimmed" mb="xs">
            {t("catalog.tree")}
          </Text>
          {walk("calc(100dvh - 140px)")}
        </Box>
      )}
      <Box style={{ flex: 1, minWidth: 0 }}>
        {narrow && (
          <Group mb="sm">
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconListTree size={15} aria-hidden />}
              onClick={open}
            >
              {t("catalog.browse")}
            </Button>
            <Drawer opened={opened} onClose={close} title={t("catalog.tree")}>
              {walk("calc(100dvh - 90px)")}
            </Drawer>
          </Group>
        )}
        <Chosen fullName={fullName} />
      </Box>
    </Flex>
  );
}

function Chosen({ fullName }: { fullName: string | undefined }) {
  if (fullName === undefined) return <Catalogs />;
  switch (fullName.split(".").length) {
    case 1:
      return <CatalogPage key={fullName} name={fullName} />;
    case 2:
      return <SchemaPage key={fullName} fullName={fullName} />;
    default:
      return <TablePage key={fullName} fullName={fullName} />;
  }
}
