/** A Server-Sent Event of /api/events. */
export type PageEvent = { readonly event: string; readonly data: unknown };

/** Reads /api/events; each call gives the next event of that name. */
export async function openEvents(
  service: string,
  query = '',
): Promise<{ next<T>(event: string): Promise<T>; close(): Promise<void>; bytes(): number }> {
  const answer = await fetch(`${service}/api/events${query}`);
  const reader = answer.body?.getReader();
  if (reader === undefined) throw new Error('no body');
  const found: PageEvent[] = [];
  let text = '';
  let bytes = 0;
  return {
    bytes: () => bytes,
    close: () => reader.cancel().catch(() => {}),
    async next<T>(event: string): Promise<T> {
      for (;;) {
        const at = found.findIndex((one) => one.event === event);
        if (at >= 0) return found.splice(at, 1)[0]?.data as T;
        const { done, value } = await reader.read();
        if (done) throw new Error(`the events ended before a "${event}"`);
        bytes += value.length;
        text += Buffer.from(value).toString();
        const parts = text.split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) {
          const match = /^event: (\w+)\ndata: (.*)$/.exec(part);
          if (match) found.push({ event: match[1] ?? '', data: JSON.parse(match[2] ?? '') });
        }
      }
    },
  };
}
