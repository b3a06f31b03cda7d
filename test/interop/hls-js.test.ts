import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { skipWithoutChromium as skip } from '../local/support/chromium.ts';
import { createStream } from '../local/support/client.ts';
import { liveProducer } from '../local/support/live-producer.ts';
import { startPlayers } from './support/browser-players.ts';
import { openSession, startShared } from './support/sessions.ts';

const shared = await startShared();
const { service } = shared;
const players = skip === false ? await startPlayers() : undefined;
after(async () => {
  await players?.close();
  await shared.close();
});

for (const packaging of ['HLS in fragmented MP4', 'HLS in MPEG-TS'] as const) {
  for (const name of ['b-frames', 'sound'] as const) {
    test(`hls.js plays ${packaging} to its end, with ${name}`, { skip }, async () => {
      const played = await players?.play('hls.js', await openSession(service, name, packaging));
      assert.equal(played?.end, 'ended', played?.said.join(', '));
      // It takes the first decode time for the begin, which is earlier with B-frames.
      const complaints = played?.said.filter((what) => what !== 'bufferSeekOverHole');
      assert.deepEqual(complaints, []);
      assert.ok(Math.abs((played?.duration ?? 0) - 3) < 0.2, `${played?.duration} s`);
      assert.ok((played?.frames ?? 0) >= 58, `${played?.frames} frames`);
      assert.equal(played?.hasAudio, name === 'sound');
    });
  }
}

test('hls.js plays a live session', { skip }, async (t) => {
  await createStream(service.url, 'live');
  const { session } = await liveProducer(t, service.url, 'live');
  await session.waitFor(({ EventType }) => EventType === 'PERSISTED');
  const url = await openSession(service, 'live', 'HLS in fragmented MP4', 'LIVE');
  const played = await players?.play('hls.js', url, 2);
  assert.equal(played?.end, 'played', played?.said.join(', '));
});
