import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/runtime/clock.ts';
import { call, createStream } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

test('a replay of DASH that ends keeps the time line that its players are on', async (t) => {
  const beganMs = Date.now();
  let nowMs = beganMs;
  const { url } = await startService(t, { clock: { ...systemClock, nowMs: () => nowMs } });
  await createStream(url, 'demo');
  // Seven fragments of a second; a manifest has five of them.
  await putDocument(url, 'demo', h264Document({ frames: 140 }));
  const TimestampRange = { StartTimestamp: 0, EndTimestamp: 10 };
  const { body } = await call(url, '/getDASHStreamingSessionURL', {
    StreamName: 'demo',
    PlaybackMode: 'LIVE_REPLAY',
    DASHFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange },
  });
  const look = async () => {
    const text = await (await fetch(String(body['DASHStreamingSessionURL']))).text();
    const found = /<Period [^>]*>|presentationTimeOffset="\d+"|startNumber="\d+"|<S t="\d+"/g;
    const [, type] = / type="(\w+)"/.exec(text) ?? [];
    const [, lastsS] = /mediaPresentationDuration="PT(.*?)S"/.exec(text) ?? [];
    return { type, lastsS, found: [...text.matchAll(found)].map(([what]) => what) };
  };
  nowMs = beganMs + 2999;
  const before = await look();
  assert.deepEqual([before.type, before.lastsS], ['dynamic', undefined]);
  assert.equal(before.found[2], 'startNumber="3"');
  // The last fragment has had its time.
  nowMs = beganMs + 3000;
  const after = await look();
  assert.deepEqual([after.type, after.lastsS], ['static', '7.000']);
  assert.deepEqual(after.found, before.found);
});
