// parts/time.ts -- moments and amounts as text, in the language of the portal and the viewer's zone.
import { i18next } from "~/texts";

const kSteps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400_000],
  ["month", 30 * 86_400_000],
  ["week", 7 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

export function relativeTime(ms: number, now = Date.now()): string {
  const format = new Intl.RelativeTimeFormat(i18next.language, { numeric: "auto" });
  const away = ms - now;
  for (const [unit, length] of kSteps) {
    if (Math.abs(away) >= length) return format.format(Math.trunc(away / length), unit);
  }
  return format.format(0, "second");
}

export function exactTime(ms: number): string {
  return new Intl.DateTimeFormat(i18next.language, {
    dateStyle: "medium",
    timeStyle: "long",
  }).format(ms);
}

export function shortDate(ms: number): string {
  return new Intl.DateTimeFormat(i18next.language, { dateStyle: "medium" }).format(ms);
}

// In sentences of the server, which has the times of UTC.
export function withLocalTimes(text: string): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z/g, (time) =>
    Number.isNaN(Date.parse(time)) ? time : exactTime(Date.parse(time)),
  );
}

export function count(value: number): string {
  return new Intl.NumberFormat(i18next.language).format(value);
}

const kUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

// 1536 -> "1.5 KiB"
export function bytes(value: number): string {
  let amount = value;
  let unit = 0;
  while (Math.abs(amount) >= 1024 && unit < kUnits.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : 1;
  const format = new Intl.NumberFormat(i18next.language, { maximumFractionDigits: digits });
  return `${format.format(amount)} ${kUnits[unit]}`;
}
