import type { ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';
import type { Meters } from './meters.ts';

const EVERY_MS = 1000;

/**
 * Answers with Server-Sent Events (HTML standard, 9.2): the same JSON as /api/streams, at once and
 * then every second, until the client goes.
 */
export function sendEvents(response: ServerResponse, meters: Meters, clock: Clock): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const send = (): void => {
    if (response.destroyed) return;
    // A reader that does not keep up is sent the next state instead of every one.
    if (response.writableLength === 0) {
      response.write(`data: ${JSON.stringify({ streams: meters.report() })}\n\n`);
    }
    clock.after(EVERY_MS, send);
  };
  send();
}
