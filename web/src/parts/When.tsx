// parts/When.tsx -- a moment as people say it, and exactly, in the zone of whoever looks.
import { Text, Tooltip } from "@mantine/core";
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
