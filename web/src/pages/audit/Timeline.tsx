// pages/audit/Timeline.tsx -- how many accesses there were, over time, and how many of them were refused.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { bucketsOf } from "~/parts/buckets";
import { Chart } from "~/parts/Chart";
import type { toQuery } from "./filters";

const kDay = 86_400_000;

export default function Timeline({ query }: { query: ReturnType<typeof toQuery> }) {
  const { t } = useTranslation();
  const end = query.end_time ?? Math.ceil(Date.now() / 60_000) * 60_000;
  const start = query.start_time ?? end - 30 * kDay;
  const bucket = end - start <= 3 * kDay ? ("hour" as const) : ("day" as const);
  const usage = useQuery({
    queryKey: ["usage", "timeline", { ...query, start, end, bucket }],
    queryFn: () =>
      body(
        api.GET("/api/2.1/sluice/usage", {
          params: {
            query: {
              start_time: start,
              end_time: end,
              bucket,
              group_by: "none",
              ...(query.recipient_name && { recipient: query.recipient_name }),
              ...(query.share_name && { share: query.share_name }),
              ...(query.table_name && { table: query.table_name }),
            },
          },
        }),
      ),
  });
  const points = usage.data?.series[0]?.points;
  const rows = useMemo(() => {
    // Where nobody says from when, from the first that there is.
    const from = query.start_time ?? Math.min(...(points ?? []).map(({ time }) => time), end);
    const counted = new Map((points ?? []).map(({ time, counts }) => [time, counts]));
    return bucketsOf(bucket, from, end).map(({ time, label }) => ({
      time,
      label,
      reads: counted.get(time)?.reads ?? 0,
      denied: counted.get(time)?.denied ?? 0,
    }));
  }, [points, bucket, query.start_time, end]);
  const option = useMemo(
    () => ({
      xAxis: {
        type: "category",
        data: rows.map(({ label }) => label),
        axisLabel: { hideOverlap: true },
      },
      yAxis: { type: "value", minInterval: 1 },
      series: [
        {
          name: t("audit.reads"),
          type: "bar",
          stack: "all",
          barMaxWidth: 48,
          data: rows.map(({ reads }) => reads),
        },
        {
          name: t("audit.refused"),
          type: "bar",
          stack: "all",
          barMaxWidth: 48,
          data: rows.map(({ denied }) => denied),
        },
      ],
    }),
    [rows, t],
  );
  if (!points || points.length === 0) return null;
  return (
    <Chart
      label={t("audit.timeline")}
      height={180}
      option={option}
      table={
        <table>
          <caption>{t("audit.timeline")}</caption>
          <thead>
            <tr>
              <th>{t("audit.when")}</th>
              <th>{t("audit.reads")}</th>
              <th>{t("audit.refused")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ time, label, reads, denied }) => (
              <tr key={time}>
                <td>{label}</td>
                <td>{reads}</td>
                <td>{denied}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  );
}
