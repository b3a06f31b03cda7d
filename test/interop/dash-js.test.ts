import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { skipWithoutChromium as skip } from '../local/support/chromium.ts';
import { createStream } from '../local/support/client.ts';
import { liveProducer } from '../local/support/live-producer.ts';
import { g711Document, h264Document } from '../local/support/media.ts';
import { putDocument } from '../local/support/put-media.ts';
import { startPlayers } from './support/browser-players.ts';
import { openSession, startShared } from './support/sessions.ts';

const shared = await startShared();
const { service } = shared;
await createStream(service.url, 'long');
await putDocument(service.url, 'long', h264Document({ frames: 140 }));
const players = skip === false ? await startPlayers() : undefined;
after(async () => {
  await players?.close();
  await shared.close();
});

for (const name of ['b-frames', 'sound'] as const) {
  test(`dash.js plays a session to its end, with ${name}`, { skip }, async () => {
    const played = await players?.play('dash.js', await openSession(service, name, 'DASH'));
    assert.deepEqual([played?.end, played?.said], ['ended', []]);
    assert.ok(Math.abs((played?.duration ?? 0) - 3) < 0.1, `${played?.duration} s`);
    assert.ok((played?.frames ?? 0) >= 58, `${played?.frames} frames`);
    assert.equal(played?.hasAudio, name === 'sound');
  });
}

test('dash.js plays the video beside G.711, which Chromium has no decoder for', {
  skip,
}, async () => {
  await createStream(service.url, 'g711');
  await putDocument(service.url, 'g711', g711Document('pcm_alaw'));
  const played = await players?.play('dash.js', await openSession(service, 'g711', 'DASH'));
  assert.equal(played?.end, 'ended', played?.said.join(', '));
  assert.ok((played?.frames ?? 0) >= 38);
});

test('dash.js plays a live session', { skip }, async (t) => {
  await createStream(service.url, 'live');
  const { session } = await liveProducer(t, service.url, 'live');
  await session.waitFor(({ EventType }) => EventType === 'PERSISTED');
  const played = await players?.play(
    'dash.js',
    await openSession(service, 'live', 'DASH', 'LIVE'),
    2,
  );
  assert.equal(played?.end, 'played', played?.said.join(', '));
});

test('dash.js plays a replay to the end of its last fragment', { skip }, async () => {
  const played = await players?.play(
    'dash.js',
    await openSession(service, 'long', 'DASH', 'LIVE_REPLAY'),
  );
  assert.equal(played?.end, 'ended', played?.said.join(', '));
  assert.ok(Math.abs((played?.duration ?? 0) - 7) < 0.1, `${played?.duration} s`);
});
