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
import { frameEnds } from '../../../test/local/support/frame-ends.ts';

const [url, file, pace, repeat] = process.argv.slice(2);
if (url === undefined || file === undefined) throw new Error('usage: bare-client URL FILE PACE N');
const body = readFileSync(file);

const send = url.startsWith('https:') ? httpsRequest : httpRequest;
const request = send(`${url}/putMedia`, { method: 'POST' });
request.setNoDelay(true);
request.on('response', (response) => response.resume());
const closed = once(request, 'close');

if (pace === 'live') {
  const started = performance.now();
  const frames = frameEnds(body);
  const firstMs = frames[0]?.timeMs ?? 0;
  let from = 0;
  for (const { end, timeMs } of frames) {
    const waitMs = started + timeMs - firstMs - performance.now();
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
