// parts/UrlTabs.tsx -- tabs whose choice stands in the address (?tab=), so that links and back work.
import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";

export interface UrlTab {
  value: string;
  label: ReactNode;
  content: () => ReactNode;
}

export function UrlTabs({ tabs, label }: { tabs: UrlTab[]; label: string }) {
  const search = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const current = tabs.find((tab) => tab.value === search.tab) ?? tabs[0];
  // On a phone not all tabs are in view.
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const chosen = list.current?.querySelector<HTMLElement>(`[data-tab="${current?.value}"]`);
    if (chosen && list.current) {
      list.current.scrollLeft =
        chosen.offsetLeft - (list.current.clientWidth - chosen.clientWidth) / 2;
    }
  }, [current?.value]);
  if (!current) return null;
  return (
    <Tabs
      value={current.value}
      onChange={(value) =>
        void navigate({
          to: ".",
          search: (old: object) => ({ ...old, tab: value ?? undefined }),
        } as never)
      }
      keepMounted={false}
    >
      <Tabs.List
        ref={list}
        mb="lg"
        aria-label={label}
        style={{ overflowX: "auto", flexWrap: "nowrap" }}
      >
        {tabs.map((tab) => (
          <Tabs.Tab
            key={tab.value}
            value={tab.value}
            data-tab={tab.value}
            style={{ flex: "0 0 auto" }}
          >
            {tab.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={current.value}>{current.content()}</Tabs.Panel>
    </Tabs>
  );
}
