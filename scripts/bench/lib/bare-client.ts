/**
 * The yardstick: sends a recorded PutMedia body with bare node:https and nothing else, frame by
 * frame at its own pace or as fast as the socket takes it. Run as a process of its own.
 *
 *   node bare-client.js URL FILE live|fast REPEAT
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { MatroskaReader } from '../../../src/matroska/reader.ts';

const [url, file, pace, repeat] = process.argv.slice(2);
if (url === undefined || file === undefined) throw new Error('usage: bare-client URL FILE PACE N');
const body = readFileSync(file);

/** Where each frame ends in the body, and when it is due, in ms after the first. */
function frameEnds(): { end: number; dueMs: number }[] {
  const ends: { end: number; dueMs: number }[] = [];
  let cluster = 0;
  let first: number | undefined;
  let at = 0;
  const skip = (raw: Uint8Array): void => {
    at += raw.length;
  };
  const reader = new MatroskaReader({
    ebmlHeader: skip,
    segmentStart: skip,
    info: (_info, raw) => skip(raw),
    tracks: (_tracks, raw) => skip(raw),
    tags: (_tags, raw) => skip(raw),
    clusterStart: (timecode, raw) => {
      cluster = Number(timecode);
      skip(raw);
    },
    block: (block, raw) => {
      skip(raw);
      first ??= cluster + block.relativeTimecode;
      ends.push({ end: at, dueMs: cluster + block.relativeTimecode - first });
    },
  });
  reader.push(body);
  reader.end();
  return ends;
}

const send = url.startsWith('https:') ? httpsRequest : httpRequest;
const request = send(`${url}/putMedia`, { method: 'POST' });
request.setNoDelay(true);
request.on('response', (response) => response.resume());
const closed = once(request, 'close');

if (pace === 'live') {
  const started = performance.now();
  let from = 0;
  for (const { end, dueMs } of frameEnds()) {
    const waitMs = started + dueMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    if (!request.write(body.subarray(from, end))) await once(request, 'drain');
    from = end;
  }
} else {
  const step = 256 * 1024;
  for (let round = 0; round < Number(repeat); round++) {
    for (let from = 0; from < body.length; from += step) {
      if (!request.write(body.subarray(from, from + step))) await once(request, 'drain');
    }
  }
}
request.end();
await closed;
