/** GST_TIME_FORMAT: `0:00:01.234567890`. */
export function formatClockTime(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const pad = (value: bigint, digits: number): string => value.toString().padStart(digits, '0');
  return (
    `${seconds / 3600n}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}` +
    `.${pad(ns % 1_000_000_000n, 9)}`
  );
}
