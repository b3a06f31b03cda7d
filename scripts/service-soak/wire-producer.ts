import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { beginPutMedia, type WireAck } from '../../test/local/support/put-media.ts';
import { bodyOf, type PreparedMedia } from './prepared-media.ts';

/** How long an ack took, ms. */
export type AckDelays = Record<'BUFFERING' | 'RECEIVED' | 'PERSISTED', number[]>;

/** What came of a producer. */
export type WireResult = {
  /** From the fragment's first byte to BUFFERING, from the byte that ends it to the others. */
  readonly delaysMs: AckDelays;
  readonly sent: number;
  readonly persisted: ReadonlySet<string>;
  /** ERROR acks, and acks that nothing was sent for. */
  readonly problems: readonly string[];
};

/**
 * A camera by the wire: sends prepared media frame by frame in its own time, in clusters of unknown
 * size, as producers of KVS do, and notes when each ack comes.
 */
export async function produce(
  url: string,
  stream: string,
  media: PreparedMedia,
  fragments: number,
): Promise<WireResult> {
  const { request, response } = await beginPutMedia(url, stream);
  if (response.statusCode !== 200) throw new Error(`PutMedia answers ${response.statusCode}`);
  request.setNoDelay(true);
  const begunMs = new Map<number, number>();
  const endedMs = new Map<number, number>();
  const delaysMs: AckDelays = { BUFFERING: [], RECEIVED: [], PERSISTED: [] };
  const persisted = new Set<string>();
  const problems: string[] = [];

  const take = (ack: WireAck): void => {
    const { EventType, FragmentTimecode = Number.NaN } = ack;
    const nowMs = performance.now();
    const sinceMs = (EventType === 'BUFFERING' ? begunMs : endedMs).get(FragmentTimecode);
    if (!(EventType in delaysMs) || sinceMs === undefined) {
      problems.push(`${stream}: ${JSON.stringify(ack)}`);
      return;
    }
    delaysMs[EventType as keyof AckDelays].push(nowMs - sinceMs);
    if (EventType === 'PERSISTED') persisted.add(ack.FragmentNumber ?? '');
  };
  let text = '';
  response.setEncoding('utf8').on('data', (part: string) => {
    const lines = (text + part).split('\r\n');
    text = lines.pop() ?? '';
    for (const line of lines) take(JSON.parse(line) as WireAck);
  });
  const closed = once(response, 'close');
  response.on('error', (error) => problems.push(`${stream}: ${error.message}`));

  const startedMs = performance.now();
  for (const { bytes, atMs, begins, ends } of bodyOf(media, Date.now(), fragments)) {
    const waitMs = startedMs + atMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    if (response.destroyed) break;
    const writtenMs = performance.now();
    if (begins !== undefined) begunMs.set(begins, writtenMs);
    if (ends !== undefined) endedMs.set(ends, writtenMs);
    if (!request.write(bytes)) await Promise.race([once(request, 'drain'), closed]);
  }
  request.end();
  await closed;
  return { delaysMs, sent: begunMs.size, persisted, problems };
}
