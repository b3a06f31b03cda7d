import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rate } from '../../../src/local/live/rate.ts';
import type { StreamStatusReport } from '../../../src/local/live/stream-meter.ts';
import { createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

test('/api/streams and /api/events tell what arrives', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  const now = Date.now();
  const frame = Buffer.alloc(1000);
  session.request.write(
    Buffer.concat([
      m.head(),
      m.cluster(now - 500),
      m.block(0, 1, frame),
      m.block(40, 1, frame),
      m.END_OF_FRAGMENT,
    ]),
  );
  await session.waitFor((ack) => ack.EventType === 'PERSISTED');

  const read = async (): Promise<StreamStatusReport> => {
    const answer = (await (await fetch(`${url}/api/streams`)).json()) as {
      streams: StreamStatusReport[];
    };
    const [report] = answer.streams;
    assert.ok(report);
    return report;
  };
  const report = await read();
  assert.equal(report.name, 'demo');
  assert.equal(report.sessions, 1);
  assert.equal(report.framesReceived, 2);
  assert.equal(report.fragmentsPersisted, 1);
  assert.equal(report.fragmentsStored, 1);
  assert.equal(report.fps, 2);
  assert.equal(report.bitsPerSecond, 16_000);
  assert.ok((report.latencyMs ?? 0) >= 460);
  assert.equal(report.recent[0]?.frames, 2);
  assert.equal(report.tracks[0]?.codecId, 'V_MPEG4/ISO/AVC');

  const events = await fetch(`${url}/api/events`);
  assert.equal(events.headers.get('content-type'), 'text/event-stream');
  const reader = events.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  const text = Buffer.from(value ?? []).toString();
  assert.match(text, /^data: \{"streams":\[\{"name":"demo".*\n\n$/);
  await reader?.cancel();
});

test('rates are taken over what was counted, then over four seconds', () => {
  const rate = new Rate();
  let now = 10_000;
  for (; now < 11_000; now += 100) rate.add(1, now);
  assert.equal(rate.perSecond(now), 10);
  for (; now < 20_000; now += 50) rate.add(1, now);
  assert.equal(rate.perSecond(now), 20);
  assert.equal(rate.perSecond(now + 10_000), 0);
});

test('a path that is not percent-encoded is a bad request', async (t) => {
  const { url } = await startService(t);
  assert.equal((await fetch(`${url}/live/%zz.mp4`)).status, 400);
});
