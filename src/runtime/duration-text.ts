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

/** Without zeros at the end, and without a sign on what is 0 then. */
function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals)) || 0;
}
