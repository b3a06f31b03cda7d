import type { ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import type { Meters } from './meters.ts';
import { ReportChanges } from './report-changes.ts';
import { StreamChanges } from './stream-changes.ts';

const EVERY_MS = 1000;
/** A comment after this long without an event: who looks sees that the service is there. */
const COMMENT_AFTER_MS = 15_000;

/**
 * Answers with Server-Sent Events (HTML standard, 9.2) until the client goes: `streams` and, for
 * the stream that was asked for, `stream`; at once with everything, then each second with what
 * changed, if anything did.
 */
export function sendEvents(
  response: ServerResponse,
  meters: Meters,
  stream: () => LocalStream | undefined,
  clock: Clock,
): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const streams = new ReportChanges();
  const one = new StreamChanges();
  let lastMs = clock.monotonicMs();
  const write = (text: string): void => {
    response.write(text);
    lastMs = clock.monotonicMs();
  };
  const send = (): void => {
    if (response.destroyed) return;
    // A reader that does not keep up is sent the next state instead of every one.
    if (response.writableLength === 0) {
      const changed = streams.next(meters.report());
      if (changed !== undefined) write(eventText('streams', changed));
      const found = stream();
      const journal = found === undefined ? undefined : meters.journalOf(found);
      const news = one.next(journal);
      if (news !== undefined) write(eventText('stream', news));
      if (clock.monotonicMs() - lastMs >= COMMENT_AFTER_MS) write(':\n\n');
    }
    clock.after(EVERY_MS, send);
  };
  send();
}

function eventText(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
