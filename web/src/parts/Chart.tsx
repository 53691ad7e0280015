// parts/Chart.tsx -- a chart of ECharts, in the colours of the theme. What it shows stands in a table beside it
// too (`table`), for who cannot see it.
import { useComputedColorScheme, VisuallyHidden } from "@mantine/core";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import type { EChartsCoreOption } from "echarts/core";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type ReactNode, useEffect, useRef } from "react";
import { inTheme } from "./chart_theme";

echarts.use([
  BarChart,
  LineChart,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  CanvasRenderer,
]);

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
    chart.current?.setOption(inTheme(option, scheme), { notMerge: true });
  }, [option, scheme]);
  return (
    <figure style={{ margin: 0 }}>
      <div ref={box} style={{ height, width: "100%" }} role="img" aria-label={label} />
      <VisuallyHidden>{table}</VisuallyHidden>
    </figure>
  );
}
