/**
 * `YYYY-MM-DDTHH:MM:SSZ`, exactly as upstream takes it, and with a fraction as AWS's services may
 * send it; undefined for anything else or a date that does not exist.
 */
export function parseExpiration(text: string): Date | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z$/.exec(text);
  const seconds = match?.[1];
  if (seconds === undefined) return undefined;
  const date = new Date(`${seconds}Z`);
  // 30 February would silently become 2 March.
  return date.getTime() >= 0 && date.toISOString().startsWith(seconds) ? date : undefined;
}
