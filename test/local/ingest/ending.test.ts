import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { type PutMedia, putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

const good = Buffer.concat([m.head(), m.cluster(1000), m.block(0), m.block(40)]);
/** Amazon's producers leave the end of the connection to the service. */
const keepAlive = { headers: { connection: 'keep-alive' } };
function kinds({ acks }: Pick<PutMedia, 'acks'>): string[] {
  return acks.map((ack) => ack.EventType);
}

/** Sends media until the connection is gone; returns how long that took. */
async function sendOn({ request, ended }: PutMedia): Promise<number> {
  const began = performance.now();
  const { socket } = request;
  assert.ok(socket);
  const closed = once(socket, 'close').then(() => true);
  await ended;
  const tick = Buffer.alloc(10_000);
  while (!(await Promise.race([closed, setTimeout(20, false)]))) request.write(tick);
  return performance.now() - began;
}

test('after an ERROR ack the connection ends within moments, though media goes on coming', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo', keepAlive);
  session.request.write(Buffer.concat([good, m.block(80, 2)]));
  await session.waitFor((ack) => ack.EventType === 'ERROR');
  assert.ok((await sendOn(session)) < 5_000);
  assert.equal(session.response.complete, true);
});

test('a session that is idle ends so too, and keeps the fragment that came', async (t) => {
  const limits = { idleAckMs: 50, idleTimeoutMs: 150 };
  const { url, streams } = await startService(t, { limits });
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo', keepAlive);
  session.request.write(good);
  await session.ended;
  assert.ok((await sendOn(session)) < 5_000);
  assert.deepEqual(
    kinds(session).filter((kind) => kind !== 'IDLE'),
    ['BUFFERING', 'RECEIVED', 'PERSISTED'],
  );
  assert.equal(streams.byName('demo')?.fragments.newest?.frames, 2);
});

test('an idle session that stopped within a frame keeps no part of a fragment', async (t) => {
  const limits = { idleAckMs: 50, idleTimeoutMs: 150 };
  const { url, streams } = await startService(t, { limits });
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  session.request.write(good.subarray(0, -1));
  await session.ended;
  assert.deepEqual(streams.byName('demo')?.fragments.recent, []);
});

test('a cluster of known size is a fragment at its last byte', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  const cluster = m.sizedCluster(1000, m.block(0), m.block(40));
  session.request.write(Buffer.concat([m.head(), cluster.subarray(0, -1)]));
  await session.waitFor((ack) => ack.EventType === 'BUFFERING');
  session.request.write(cluster.subarray(-1));
  await session.waitFor((ack) => ack.EventType === 'PERSISTED');
  session.request.end();
  assert.deepEqual(kinds({ acks: await session.ended }), ['BUFFERING', 'RECEIVED', 'PERSISTED']);
});

for (const [what, next] of [
  ['a second EBML header', m.EBML],
  ['a second Segment', m.open('18538067')],
  ['a second Tracks element', m.tracks(m.track(1))],
  ['a second Info element', m.info()],
  ['too many tags', m.tags(...Array.from({ length: 11 }, (_, i) => [`n${i}`, 'v'] as const))],
] as const) {
  test(`the fragment before ${what} is whole, and is kept`, async (t) => {
    const { url, streams } = await startService(t);
    await createStream(url, 'demo');
    const acks = await putDocument(url, 'demo', Buffer.concat([good, next]));
    assert.deepEqual(kinds({ acks }), ['BUFFERING', 'RECEIVED', 'PERSISTED', 'ERROR']);
    assert.equal(acks[3]?.FragmentTimecode, undefined);
    assert.equal(streams.byName('demo')?.fragments.totals.fragments, 1);
  });
}

test('a fragment with damage in itself is not kept', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  const acks = await putDocument(url, 'demo', Buffer.concat([good, Buffer.from([0, 0, 0])]));
  assert.deepEqual(kinds({ acks }), ['BUFFERING', 'ERROR']);
  assert.equal(acks[1]?.FragmentTimecode, 1000);
  assert.deepEqual(streams.byName('demo')?.fragments.recent, []);
});
