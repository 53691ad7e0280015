// parts/chart_theme.ts -- a chart's option in the colours of the theme; what the chart says for itself stays.
import type { EChartsCoreOption } from "echarts/core";

const kColors = {
  light: ["#0b7285", "#d9480f", "#5f3dc4", "#2b8a3e", "#a61e4d", "#495057"],
  dark: ["#4fb1c5", "#ffa94d", "#b197fc", "#69db7c", "#faa2c1", "#adb5bd"],
};

export function inTheme(option: EChartsCoreOption, scheme: "light" | "dark"): EChartsCoreOption {
  const text = scheme === "dark" ? "#c9d1d9" : "#495057";
  const line = scheme === "dark" ? "#3b4148" : "#e9ecef";
  const axis = (given: unknown, ours: object) => {
    const { axisLabel, ...rest } = (given ?? {}) as { axisLabel?: object };
    return { ...ours, ...rest, axisLabel: { color: text, ...axisLabel } };
  };
  return {
    color: kColors[scheme],
    textStyle: { fontFamily: "'Inter Variable', system-ui, sans-serif", color: text },
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    legend: { type: "scroll", top: 0, textStyle: { color: text } },
    ...option,
    tooltip: {
      trigger: "axis",
      // Text, never markup: names come from data.
      renderMode: "richText",
      backgroundColor: scheme === "dark" ? "#25262b" : "#fff",
      textStyle: { color: text },
      ...(option.tooltip as object),
    },
    xAxis: axis(option.xAxis, { axisLine: { lineStyle: { color: line } } }),
    yAxis: axis(option.yAxis, { splitLine: { lineStyle: { color: line } } }),
    animation: false,
  };
}
