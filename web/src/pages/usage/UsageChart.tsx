// pages/usage/UsageChart.tsx -- the largest series, and all others as one.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "~/api/unity.gen";
import { bucketsOf } from "~/parts/buckets";
import { Chart } from "~/parts/Chart";
import { bytes, count } from "~/parts/time";
import { type Measure, seriesName } from "./Usage";

type UsageInfo = components["schemas"]["Usage"];

const kShown = 5;

export default function UsageChart({ usage, measure }: { usage: UsageInfo; measure: Measure }) {
  const { t } = useTranslation();
  const lines = useMemo(() => {
    const sorted = usage.series.toSorted((a, b) => b.totals[measure] - a.totals[measure]);
    const named = sorted.slice(0, kShown).map((series) => ({
      name: seriesName(series, t("unknown")),
      points: new Map(series.points.map(({ time, counts }) => [time, counts[measure]])),
    }));
    const rest = new Map<number, number>();
    for (const series of sorted.slice(kShown)) {
      for (const { time, counts } of series.points) {
        rest.set(time, (rest.get(time) ?? 0) + counts[measure]);
      }
    }
    return rest.size > 0 ? [...named, { name: t("usage.others"), points: rest }] : named;
  }, [usage, measure, t]);
  const buckets = useMemo(
    () => bucketsOf(usage.bucket, usage.start_time, usage.end_time),
    [usage.bucket, usage.start_time, usage.end_time],
  );
  const show = measure === "bytes_read" ? bytes : count;
  const option = useMemo(
    () => ({
      xAxis: { type: "category", data: buckets.map(({ label }) => label) },
      yAxis: { type: "value", axisLabel: { formatter: show } },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        valueFormatter: (value: number) => show(value),
      },
      series: lines.map((line) => ({
        name: line.name,
        type: "bar",
        stack: "all",
        barMaxWidth: 28,
        data: buckets.map(({ time }) => line.points.get(time) ?? 0),
      })),
    }),
    [lines, buckets, show],
  );
  return (
    <Chart
      label={t("usage.chart", { measure: t(`usage.measures.${measure}`) })}
      height={300}
      option={option}
      table={
        <table>
          <caption>{t("usage.chart", { measure: t(`usage.measures.${measure}`) })}</caption>
          <thead>
            <tr>
              <th>{t("audit.when")}</th>
              {lines.map((line) => (
                <th key={line.name}>{line.name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {buckets.map(({ time, label }) => (
              <tr key={time}>
                <td>{label}</td>
                {lines.map((line) => (
                  <td key={line.name}>{show(line.points.get(time) ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  );
}
