import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LocalService } from '../../../src/local/options.ts';
import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

/** Tags and frame count of every stored fragment, in order. */
async function stored(
  service: LocalService,
  stream: string,
): Promise<{ tags: string[]; frames: number }[]> {
  const store = service.streams.byName(stream)?.fragments;
  assert.ok(store);
  const found: { tags: string[]; frames: number }[] = [];
  for await (const record of store.select()) {
    const tags: string[] = [];
    let frames = 0;
    const reader = new MatroskaReader({
      tags: (list) => {
        for (const { name, value } of list) tags.push(`${name}=${value}`);
      },
      block: () => {
        frames += 1;
      },
    });
    reader.push(await store.read(record));
    found.push({ tags, frames });
  }
  return found;
}

test('tags before a cluster are stored with it, the end mark is not', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  await putDocument(
    service.url,
    'demo',
    Buffer.concat([
      m.head(),
      m.tags(['first', '1']),
      m.cluster(1000),
      m.block(0),
      m.tags(['second', '2'], ['more', '']),
      m.tags(['third', '3']),
      m.cluster(2000),
      m.block(0),
      m.block(40),
      m.tags(['late', '4']),
      m.END_OF_FRAGMENT,
      m.cluster(3000),
      m.block(0),
    ]),
  );
  assert.deepEqual(await stored(service, 'demo'), [
    { tags: ['first=1'], frames: 1 },
    { tags: ['second=2', 'more=', 'third=3', 'late=4'], frames: 2 },
    { tags: [], frames: 1 },
  ]);
});

test('the end mark completes a fragment without waiting for the next one', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  session.request.write(Buffer.concat([m.head(), m.cluster(1000), m.block(0), m.END_OF_FRAGMENT]));
  await session.waitFor((ack) => ack.EventType === 'PERSISTED');
  // An end mark too many is no harm.
  session.request.end(Buffer.concat([m.END_OF_FRAGMENT, m.cluster(2000), m.block(0)]));
  assert.equal((await session.ended).filter((ack) => ack.EventType === 'PERSISTED').length, 2);
});

test('frames before the cluster’s time and finer time scales keep their times', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  const hundredNs = Buffer.concat([
    m.EBML,
    m.open('18538067'),
    m.info(100),
    m.tracks(m.track(1)),
    m.cluster(17_952_533_946_290_000n),
    m.block(0),
    m.block(20_000),
    m.block(10_000),
  ]);
  await putDocument(service.url, 'demo', hundredNs);
  const [record] = await listFragments(service.streams.byName('demo')?.fragments);
  assert.equal(record?.producerTimestampMs, 1_795_253_394_629);
  assert.equal(record?.durationMs, 3);
  assert.equal(record?.frames, 3);
});

test('large fragments arrive byte for byte', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  const payload = Buffer.alloc(9 * 1024 * 1024, 'kvs');
  const frames = [m.block(0, 1, payload), m.block(40, 1, payload.subarray(1)), m.block(80)];
  await putDocument(service.url, 'demo', Buffer.concat([m.head(), m.cluster(1), ...frames]));
  const store = service.streams.byName('demo')?.fragments;
  const record = store?.newest;
  assert.ok(store && record);
  const file = await store.read(record);
  assert.equal(file.length, record.bytes);
  assert.ok(file.subarray(-Buffer.concat(frames).length).equals(Buffer.concat(frames)));
});
