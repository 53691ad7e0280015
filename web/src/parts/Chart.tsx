// parts/Chart.tsx -- a chart of ECharts, in the colours of the theme. What it shows stands in a table beside it
// too (`table`), for who cannot see it.
import { useComputedColorScheme, VisuallyHidden } from "@mantine/core";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import type { EChartsCoreOption } from "echarts/core";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type ReactNode, useEffect, useRef } from "react";

echarts.use([
  BarChart,
  LineChart,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  CanvasRenderer,
]);

const kColors = {
  light: ["#0b7285", "#d9480f", "#5f3dc4", "#2b8a3e", "#a61e4d", "#495057"],
  dark: ["#4fb1c5", "#ffa94d", "#b197fc", "#69db7c", "#faa2c1", "#adb5bd"],
};

interface Props {
  option: EChartsCoreOption;
  height?: number;
  label: string;
  table: ReactNode;
}

export function Chart({ option, height = 260, label, table }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const scheme = useComputedColorScheme();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = echarts.init(element);
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    const text = scheme === "dark" ? "#c9d1d9" : "#495057";
    const line = scheme === "dark" ? "#3b4148" : "#e9ecef";
    chart.current?.setOption(
      {
        color: kColors[scheme],
        textStyle: { fontFamily: "'Inter Variable', system-ui, sans-serif", color: text },
        grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
        tooltip: {
          trigger: "axis",
          // Text, never markup: names come from data.
          renderMode: "richText",
          backgroundColor: scheme === "dark" ? "#25262b" : "#fff",
          textStyle: { color: text },
        },
        legend: { type: "scroll", top: 0, textStyle: { color: text } },
        ...option,
        xAxis: {
          axisLine: { lineStyle: { color: line } },
          axisLabel: { color: text },
          ...(option.xAxis as object),
        },
        yAxis: {
          splitLine: { lineStyle: { color: line } },
          axisLabel: { color: text },
          ...(option.yAxis as object),
        },
        animation: false,
      },
      { notMerge: true },
    );
  }, [option, scheme]);
  return (
    <figure style={{ margin: 0 }}>
      <div ref={box} style={{ height, width: "100%" }} role="img" aria-label={label} />
      <VisuallyHidden>{table}</VisuallyHidden>
    </figure>
  );
}
