// parts/buckets.ts -- the hours or days of a chart: each from start to end, also those without anything.
import { i18next } from "~/texts";

const kLength = { hour: 3_600_000, day: 86_400_000 };

export interface Bucket {
  time: number; // its beginning, as the server names it
  label: string;
}

// The server counts by days of UTC: so they are named. Hours are named in the viewer's zone.
export function bucketsOf(bucket: "hour" | "day", start: number, end: number): Bucket[] {
  const name = new Intl.DateTimeFormat(
    i18next.language,
    bucket === "day"
      ? { month: "short", day: "numeric", timeZone: "UTC" }
      : { weekday: "short", hour: "2-digit", minute: "2-digit" },
  );
  const buckets: Bucket[] = [];
  const step = kLength[bucket];
  for (let time = Math.floor(start / step) * step; time < end; time += step) {
    buckets.push({ time, label: name.format(time) });
  }
  return buckets;
}
