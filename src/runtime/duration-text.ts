/**
 * A duration as messages and logs say it: three digits and a unit, for a reader who compares it with
 * a property in seconds. Times that were measured, or are what is left of a limit, have a tail of
 * digits that nobody needs.
 *
 * @example durationText(350) === '350 ms'; durationText(1500) === '1.5 s'; durationText(119_999.2) === '120 s'
 */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  if (size < 999.5) return `${rounded(ms, size < 9.95 ? 1 : 0)} ms`;
  const seconds = ms / 1000;
  const decimals = size < 9_995 ? 2 : size < 99_950 ? 1 : 0;
  return `${rounded(seconds, decimals)} s`;
}

/** A long duration, for a reader who wants to know about how long: `12 min`, `30 h`, `40 days`. */
export function roughDurationText(ms: number): string {
  const minutes = Math.abs(ms) / 60_000;
  if (minutes < 2) return durationText(ms);
  if (minutes < 120) return `${rounded(ms / 60_000, 0)} min`;
  if (minutes < 48 * 60) return `${rounded(ms / 3_600_000, 1)} h`;
  return `${rounded(ms / 86_400_000, 0)} days`;
}

/** Without zeros at the end, and without a sign on what is 0 then. */
function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals)) || 0;
}
