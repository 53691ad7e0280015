// parts/When.tsx -- a moment as people say it, and exactly, in the zone of whoever looks.
import { Text, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { exactTime, relativeTime } from "./time";

export function When({ ms, inline = true }: { ms: number | null | undefined; inline?: boolean }) {
  if (ms === null || ms === undefined) return <>–</>;
  return (
    <Tooltip label={exactTime(ms)}>
      <Text component="time" dateTime={new Date(ms).toISOString()} inherit={inline} span>
        {relativeTime(ms)}
      </Text>
    </Tooltip>
  );
}

// When access ends by itself, or ended; nothing: it does not.
export function Until({ ms }: { ms: number | undefined }) {
  const { t } = useTranslation();
  if (ms === undefined) return <>{t("shares.who.forever")}</>;
  if (ms > Date.now()) return <When ms={ms} />;
  return (
    <Text inherit span fw={600}>
      {t("shares.who.ended")} <When ms={ms} />
    </Text>
  );
}
