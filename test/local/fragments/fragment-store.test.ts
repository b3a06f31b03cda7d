import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StreamRecord } from '../../../src/local/data-folder/stream-record.ts';
import {
  compareFragmentNumbers,
  FragmentNumbers,
} from '../../../src/local/fragments/fragment-number.ts';
import type { NewFragment } from '../../../src/local/fragments/fragment-record.ts';
import { FragmentStore } from '../../../src/local/fragments/fragment-store.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { temporaryFolder } from '../support/service.ts';

const HOUR = 3_600_000;

function storeIn(folder: string, clock = { ...systemClock }, retentionHours = 24): FragmentStore {
  const record = { name: 'demo', retentionHours } as StreamRecord;
  return new FragmentStore({ folder, record, clock, log: silentLogger });
}

function fragment(number: string, timeMs: number, bytes = 100): NewFragment {
  return {
    number,
    timecode: timeMs,
    producerTimestampMs: timeMs,
    serverTimestampMs: timeMs,
    durationMs: 1000,
    frames: 1,
    keyFrames: 1,
    tracks: [],
    formatId: 'f',
    session: 's',
    head: [Buffer.from('head')],
    body: [Buffer.alloc(bytes)],
  };
}

test('fragments are there again after a restart, in order and with new numbers above them', async (t) => {
  const folder = temporaryFolder(t);
  const first = storeIn(folder);
  await first.open();
  for (let i = 0; i < 3; i++) await first.persist(fragment(first.nextNumber(), i * 1000), false);
  const before = first.list();
  await first.close();

  const second = storeIn(folder);
  await second.open();
  assert.deepEqual(second.list(), before);
  assert.equal(second.bytesStored, 3 * 104);
  assert.ok(compareFragmentNumbers(second.nextNumber(), before.at(-1)?.number ?? '') > 0);
  await second.close();
});

test('what a crash left half-way is set aside, and only that', async (t) => {
  const folder = temporaryFolder(t);
  const store = storeIn(folder);
  await store.open();
  const numbers = [1, 2, 3, 4].map(() => store.nextNumber());
  for (const [i, number] of numbers.entries()) await store.persist(fragment(number, i), false);
  await store.close();

  const [, truncated = '', missing = ''] = numbers;
  truncateSync(store.path(truncated), 10);
  rmSync(store.path(missing));
  writeFileSync(`${store.path('9'.repeat(47))}.part`, 'half');
  writeFileSync(store.path('8'.repeat(47)), 'whole, but not in the index');
  appendFileSync(join(folder, 'index.ndjson'), '{"add":{"number":"777');

  const again = storeIn(folder);
  await again.open();
  assert.deepEqual(
    again.list().map((record) => record.number),
    [numbers[0], numbers[3]],
  );
  assert.deepEqual(readdirSync(folder).sort(), [
    `${numbers[0]}.mkv`,
    `${numbers[3]}.mkv`,
    'index.ndjson',
    'set-aside',
  ]);
  const [day = ''] = readdirSync(join(folder, 'set-aside'));
  assert.deepEqual(
    readdirSync(join(folder, 'set-aside', day)).sort(),
    [`${'8'.repeat(47)}.mkv`, `${truncated}.mkv`].sort(),
  );
  // The index can be appended to, cut line or not.
  await again.persist(fragment(again.nextNumber(), 9), false);
  await again.close();
  const third = storeIn(folder);
  await third.open();
  assert.equal(third.list().length, 3);
  await third.close();
});

test('media that no index names is set aside for a week', async (t) => {
  const folder = temporaryFolder(t);
  let nowMs = 100 * HOUR;
  const clock = { ...systemClock, nowMs: () => nowMs };
  const aside = join(folder, 'set-aside', '1970-01-05', '1.mkv');
  writeFileSync(join(folder, '1.mkv'), 'media');
  const reopen = async (): Promise<void> => {
    const store = storeIn(folder, clock);
    await store.open();
    await store.close();
  };
  await reopen();
  nowMs += 7 * 24 * HOUR;
  await reopen();
  assert.equal(readFileSync(aside, 'utf8'), 'media');
  nowMs += 2 * 24 * HOUR;
  await reopen();
  assert.equal(existsSync(aside), false);
});

test('lines of the index that are damaged cost their fragments alone', async (t) => {
  const folder = temporaryFolder(t);
  const store = storeIn(folder);
  await store.open();
  for (let i = 0; i < 2; i++) await store.persist(fragment(store.nextNumber(), i), false);
  const kept = store.list();
  await store.close();
  const index = join(folder, 'index.ndjson');
  const [first = '', second = ''] = readFileSync(index, 'utf8').split('\n');
  const damaged = [
    'null',
    '7',
    '{"add":{}}',
    '{"add":{"number":"../../x","bytes":1}}',
    '{"remove":7}',
  ];
  writeFileSync(index, [first, ...damaged, second, ''].join('\n'));
  const again = storeIn(folder);
  await again.open();
  assert.deepEqual(again.list(), kept);
  await again.close();
});

test('removals outlive a restart', async (t) => {
  const folder = temporaryFolder(t);
  const store = storeIn(folder);
  await store.open();
  const old = store.nextNumber();
  await store.persist(fragment(old, 5000), false);
  const record = await store.persist(fragment(store.nextNumber(), 5000), false);
  assert.deepEqual(record.replaced, [old]);
  assert.equal(existsSync(store.path(old)), false);
  await store.close();
  const again = storeIn(folder);
  await again.open();
  assert.deepEqual(again.list(), [record]);
  await again.close();
});

test('the retention period is enforced by the server’s time', async (t) => {
  const folder = temporaryFolder(t);
  let now = 100 * HOUR;
  const store = storeIn(folder, { ...systemClock, nowMs: () => now }, 2);
  await store.open();
  for (const hour of [97, 98, 99]) {
    await store.persist(fragment(store.nextNumber(), hour * HOUR), false);
  }
  await store.enforceRetention();
  assert.deepEqual(
    store.list().map((record) => record.timecode / HOUR),
    [98, 99],
  );
  now += 2 * HOUR;
  await store.enforceRetention();
  assert.deepEqual(store.list(), []);
  assert.deepEqual(readdirSync(folder), ['index.ndjson']);
  await store.close();
});

test('a stream without retention buffers five minutes and 200 MB', async (t) => {
  const folder = temporaryFolder(t);
  const now = 100 * HOUR;
  const store = storeIn(folder, { ...systemClock, nowMs: () => now }, 0);
  await store.open();
  for (const minutes of [6, 4, 3, 2]) {
    const bytes = minutes === 4 ? 150_000_000 : 30_000_000;
    await store.persist(fragment(store.nextNumber(), now - minutes * 60_000, bytes), false);
  }
  await store.enforceRetention();
  assert.deepEqual(
    store.list().map((record) => (now - record.timecode) / 60_000),
    [3, 2],
  );
  await store.close();
});

test('the index is rewritten when most of it is about fragments that are gone', async (t) => {
  const folder = temporaryFolder(t);
  const now = 100 * HOUR;
  const lines = Array.from({ length: 5001 }, (_, i) => {
    const { head, body, ...rest } = fragment(String(i + 1), HOUR, 0);
    writeFileSync(join(folder, `${i + 1}.mkv`), '');
    return JSON.stringify({ add: { ...rest, bytes: 0, clusterOffset: 0, replaced: [] } });
  });
  writeFileSync(join(folder, 'index.ndjson'), `${lines.join('\n')}\n`);
  const store = storeIn(folder, { ...systemClock, nowMs: () => now }, 2);
  await store.open();
  const kept = await store.persist(fragment(store.nextNumber(), now), false);
  await store.enforceRetention();
  assert.deepEqual(store.list(), [kept]);
  assert.equal(readFileSync(join(folder, 'index.ndjson'), 'utf8').split('\n').length, 2);
  await store.persist(fragment(store.nextNumber(), now + 1), false);
  await store.close();
  const again = storeIn(folder);
  await again.open();
  assert.equal(again.list().length, 2);
  await again.close();
});

test('listeners hear of a fragment after it can be read', async (t) => {
  const store = storeIn(temporaryFolder(t));
  await store.open();
  const heard: (string | undefined)[] = [];
  const end = store.subscribe(() => heard.push(store.list().at(-1)?.number));
  const number = store.nextNumber();
  await store.persist(fragment(number, 1), false);
  end();
  await store.persist(fragment(store.nextNumber(), 2), false);
  assert.deepEqual(heard, [number]);
  await store.close();
});

test('fragment numbers increase even when the clock is set back', () => {
  const numbers = new FragmentNumbers();
  const made = [5, 5, 9, 3, 3].map((ms) => numbers.next(1_795_253_394_000 + ms));
  assert.deepEqual(made, [...made].sort());
  assert.equal(new Set(made).size, 5);
  const after = new FragmentNumbers(made.at(-1)).next(0);
  assert.ok(compareFragmentNumbers(after, made.at(-1) ?? '') > 0);
  assert.ok(compareFragmentNumbers('9', '10') < 0);
});

test('a fragment that cannot be written leaves no part of a file', async (t) => {
  const folder = temporaryFolder(t);
  const store = storeIn(folder);
  await store.open();
  const number = store.nextNumber();
  // Its place is taken by what cannot be replaced.
  mkdirSync(join(store.path(number), 'in-the-way'), { recursive: true });
  await assert.rejects(store.persist(fragment(number, Date.now()), false));
  assert.deepEqual(readdirSync(folder).sort(), [`${number}.mkv`, 'index.ndjson'].sort());
  await store.close();
});
