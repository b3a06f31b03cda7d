import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PartCache } from '../../../src/local/archive/part-cache.ts';
import type { StreamRecord } from '../../../src/local/data-folder/stream-record.ts';
import { compareFragmentNumbers } from '../../../src/local/fragments/fragment-number.ts';
import { MediaMemory, MemoryFragments } from '../../../src/local/fragments/memory-fragments.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { fragment, HOUR, numbersOf, openFragments, persistAt } from '../support/archive.ts';
import { temporaryFolder } from '../support/service.ts';

const NOON = Date.UTC(2026, 10, 30, 12);

test('fragments are there again after a restart, in order and with new numbers above them', async (t) => {
  const folder = temporaryFolder(t);
  const first = await openFragments(t, folder);
  await persistAt(first, 0, 1000, 2000);
  const before = await listFragments(first);
  await first.close();

  const second = await openFragments(t, folder);
  assert.deepEqual(await listFragments(second), before);
  assert.deepEqual(second.totals, { fragments: 3, bytes: 3 * 9 });
  assert.deepEqual(second.recent, before);
  assert.ok(compareFragmentNumbers(second.nextNumber(), before.at(-1)?.number ?? '') > 0);
  const [record] = before;
  assert.ok(record);
  assert.equal(String(await second.read(record)), 'headmedia');
});

test('a part ends with the hour, and its files lie in the folder of its day', async (t) => {
  const folder = temporaryFolder(t);
  const fragments = await openFragments(t, folder, { retentionHours: 240 });
  const midnight = NOON + 12 * HOUR;
  await persistAt(fragments, NOON, NOON + HOUR - 1, NOON + HOUR, midnight);
  assert.deepEqual(
    fragments.summaries().map((part) => part.fragments),
    [2, 1, 1],
  );
  await fragments.close();
  assert.deepEqual(readdirSync(folder).sort(), ['2026-11-30', '2026-12-01']);
  assert.deepEqual(readdirSync(join(folder, '2026-11-30')).sort(), [
    '12-00-00.mkv',
    '12-00-00.ndjson',
    '13-00-00.mkv',
    '13-00-00.ndjson',
    'summary.ndjson',
  ]);
});

test('only the parts of a window are read', async (t) => {
  const folder = temporaryFolder(t);
  const writing = await openFragments(t, folder, { retentionHours: 240 });
  const times = Array.from({ length: 48 }, (_, i) => NOON + (i * HOUR) / 2);
  const records = await persistAt(writing, ...times);
  await writing.close();
  const loaded: string[] = [];
  class WatchedCache extends PartCache {
    override get(...[part, load]: Parameters<PartCache['get']>): ReturnType<PartCache['get']> {
      loaded.push(part.name);
      return super.get(part, load);
    }
  }
  const cache = new WatchedCache();
  const fragments = await openFragments(t, folder, { retentionHours: 240, cache });
  assert.deepEqual(
    loaded,
    [],
    'the end of an index tells the newest, which live players begin with',
  );
  const window = { fromMs: NOON + 3 * HOUR, untilMs: NOON + 4 * HOUR };
  assert.deepEqual(await listFragments(fragments, window), records.slice(6, 9));
  assert.deepEqual(loaded.splice(0), ['15-00-00', '16-00-00']);
  const [, , third, fourth] = records;
  assert.deepEqual(await fragments.after(third?.number), fourth);
  assert.deepEqual(loaded.splice(0), ['13-00-00']);
  assert.deepEqual(await fragments.fromEnd(46), records[1]);
  assert.deepEqual(loaded.splice(0), ['12-00-00']);
  assert.equal(await fragments.fromEnd(48), undefined);
  assert.equal(fragments.summaries(window).length, 2);
  assert.deepEqual(loaded, []);
});

/** In which order the fragments end whose numbers are 0 to 499, and which are sent again. */
const ENDS: Record<string, readonly number[]> = {
  'in order': upTo(500),
  'with some that came late': [...upTo(100), 499, ...upTo(499).slice(100), 500],
  'with the newest one late': [...upTo(100), 499, ...upTo(499).slice(100)],
  'with some sent again': [...upTo(500), 480, 495, 499],
  'with the newest sent again and again': [...upTo(400), ...Array<number>(300).fill(399)],
};

for (const [how, ends] of Object.entries(ENDS)) {
  test(`the newest are the same after a restart, ${how}`, async (t) => {
    const folder = temporaryFolder(t);
    const fragments = await openFragments(t, folder);
    const numbers = upTo(501).map(() => fragments.nextNumber());
    const sent = new Set<number>();
    for (const i of ends) {
      const number = sent.has(i) ? fragments.nextNumber() : numbers[i];
      assert.ok(number);
      await fragments.persist(fragment(number, NOON + i * 1000), false);
      sent.add(i);
    }
    const listed = await listFragments(fragments);
    await fragments.close();
    const summary = join(folder, '2026-11-30', 'summary.ndjson');
    for (const killed of [false, true, false]) {
      if (killed) appendFileSync(summary, '{"part":"12-00-00","open":true}\n');
      const store = await openFragments(t, folder);
      const { recent } = store;
      assert.ok(recent.length > 0);
      // There is no other between two of them.
      assert.deepEqual(recent, listed.slice(-recent.length));
      assert.deepEqual(store.newest, listed.at(-1));
      await store.close();
    }
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

test('records beyond what is held at once are read again', async (t) => {
  const folder = temporaryFolder(t);
  const cache = new PartCache(3);
  const fragments = await openFragments(t, folder, { retentionHours: 240, cache });
  const times = Array.from({ length: 12 }, (_, i) => NOON + (i * HOUR) / 2);
  const records = await persistAt(fragments, ...times);
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await listFragments(fragments), records);
    for (const record of records) {
      assert.equal(String(await fragments.read(record)), 'headmedia');
      assert.deepEqual(await fragments.get(record.number), record);
    }
  }
});

test('a summary tells where there is media, by the producer’s times', async (t) => {
  const fragments = await openFragments(t, temporaryFolder(t));
  await persistAt(fragments, NOON, NOON + 1500, NOON + 60_000, NOON + 30_000);
  const [summary] = fragments.summaries();
  assert.deepEqual(summary?.spans, [
    { fromMs: NOON, untilMs: NOON + 2500 },
    { fromMs: NOON + 30_000, untilMs: NOON + 31_000 },
    { fromMs: NOON + 60_000, untilMs: NOON + 61_000 },
  ]);
  assert.deepEqual(summary?.producer, { fromMs: NOON, untilMs: NOON + 61_000 });
  for (let i = 0; i < 100; i++) await persistAt(fragments, NOON + 100_000 + i * (2000 + i));
  assert.equal(fragments.summaries()[0]?.spans.length, 32);
});

test('a fragment that ends after others of a later part still goes to its place', async (t) => {
  const folder = temporaryFolder(t);
  const fragments = await openFragments(t, folder, { retentionHours: 240 });
  const [early, late, later] = [1, 2, 3].map(() => fragments.nextNumber());
  assert.ok(early && late && later);
  await fragments.persist(fragment(early, NOON), false);
  await fragments.persist(fragment(later, NOON + 2 * HOUR), false);
  await fragments.persist(fragment(late, NOON + 1000), false);
  for (const store of [fragments, await reopened()]) {
    assert.deepEqual(await numbersOf(store), [early, late, later]);
    assert.equal((await store.after(early))?.number, late);
    assert.deepEqual(
      store.summaries().map((part) => part.fragments),
      [2, 1],
    );
  }
  async function reopened() {
    await fragments.close();
    return openFragments(t, folder, { retentionHours: 240 });
  }
});

test('a copy that is sent again replaces the first one, in its own part and in an earlier one', async (t) => {
  const folder = temporaryFolder(t);
  const fragments = await openFragments(t, folder, { retentionHours: 240 });
  const [old] = await persistAt(fragments, NOON);
  assert.ok(old);
  const again = { ...fragment(fragments.nextNumber(), NOON), serverTimestampMs: NOON + 1 };
  const second = await fragments.persist(again, false);
  const third = await fragments.persist(
    { ...fragment(fragments.nextNumber(), NOON), serverTimestampMs: NOON + 5 * HOUR },
    false,
  );
  assert.deepEqual(second.replaced, [old.number]);
  assert.deepEqual(third.replaced, [old.number, second.number]);
  await fragments.close();
  const store = await openFragments(t, folder, { retentionHours: 240 });
  assert.deepEqual(await listFragments(store), [third]);
  assert.equal(store.totals.fragments, 1);
  // A player has the old number in its playlist.
  for (const number of [old.number, second.number]) {
    assert.deepEqual(await store.current(number), third);
  }
  await assert.rejects(store.read(old), /is gone/);
  // Of a part that has none left, the media goes, at its end.
  assert.deepEqual(readdirSync(join(folder, '2026-11-30')).sort(), [
    '12-00-00.ndjson',
    '17-00-00.mkv',
    '17-00-00.ndjson',
    'summary.ndjson',
  ]);
});

test('of what is sent again and again, the newest copies are remembered', async (t) => {
  const folder = temporaryFolder(t);
  const record = { name: 'demo', retentionHours: 24 } as StreamRecord;
  const inMemory = new MemoryFragments(record, systemClock, new MediaMemory(1e6));
  for (const fragments of [await openFragments(t, folder), inMemory]) {
    const sent = await persistAt(fragments, ...Array.from({ length: 40 }, () => NOON));
    const numbers = sent.map(({ number }) => number);
    assert.deepEqual(await numbersOf(fragments), numbers.slice(-1));
    assert.deepEqual(sent.at(-1)?.replaced, numbers.slice(-17, -1));
    for (const number of numbers.slice(-17)) {
      assert.deepEqual(await fragments.current(number), sent.at(-1));
    }
  }
});

test('fragments that come at once are synced together, and copies among them are found', async (t) => {
  const folder = temporaryFolder(t);
  const fragments = await openFragments(t, folder);
  const numbers = Array.from({ length: 100 }, () => fragments.nextNumber());
  const records = await Promise.all(
    numbers.map((number, i) => fragments.persist(fragment(number, NOON + (i % 50)), false)),
  );
  assert.deepEqual(
    records.map(({ number }) => number),
    numbers,
  );
  assert.deepEqual(records[50]?.replaced, [numbers[0]]);
  await fragments.close();
  for (const store of [fragments, await openFragments(t, folder)]) {
    assert.deepEqual(await numbersOf(store), numbers.slice(50));
    assert.equal(store.totals.fragments, 50);
  }
});

test('retention removes whole parts, and lists nothing that is over', async (t) => {
  const folder = temporaryFolder(t);
  let now = NOON + 36 * HOUR;
  const options = { nowMs: () => now, retentionHours: 24 };
  const fragments = await openFragments(t, folder, options);
  const times = [0, 0.5, 12, 12.5, 12.75, 36].map((hours) => NOON + hours * HOUR);
  const records = await persistAt(fragments, ...times);
  await fragments.enforceRetention();
  assert.deepEqual(await listFragments(fragments), records.slice(2));
  assert.deepEqual(readdirSync(folder).sort(), ['2026-12-01', '2026-12-02']);
  // Half of a part is over: it is not listed any longer, and nothing is written for it.
  now += 0.6 * HOUR;
  await fragments.enforceRetention();
  assert.deepEqual(await listFragments(fragments), records.slice(4));
  assert.equal(fragments.totals.fragments, 2);
  assert.deepEqual(fragments.recent, records.slice(4));
  assert.equal(await fragments.get(records[2]?.number ?? ''), undefined);
  now += 24 * HOUR;
  await fragments.enforceRetention();
  assert.deepEqual(await listFragments(fragments), []);
  assert.equal(fragments.newest, undefined);
  assert.deepEqual(readdirSync(folder), []);
  // And it goes on.
  const [next] = await persistAt(fragments, now);
  assert.deepEqual(await listFragments(fragments), [next]);
});

test('a stream without retention buffers five minutes and 200 MB', async (t) => {
  const folder = temporaryFolder(t);
  const options = { nowMs: () => NOON, retentionHours: 0 };
  const fragments = await openFragments(t, folder, options);
  for (const minutes of [6, 4, 3, 2]) {
    const bytes = minutes === 4 ? 150_000_000 : 30_000_000;
    const sent = fragment(fragments.nextNumber(), NOON - minutes * 60_000, bytes);
    await fragments.persist(sent, false);
  }
  await fragments.enforceRetention();
  assert.deepEqual(
    (await listFragments(fragments)).map((record) => (NOON - record.timecode) / 60_000),
    [3, 2],
  );
});

test('listeners hear of a fragment after it can be read', async (t) => {
  const fragments = await openFragments(t, temporaryFolder(t));
  const heard: (string | undefined)[] = [];
  const end = fragments.subscribe(() => heard.push(fragments.newest?.number));
  const [record] = await persistAt(fragments, 1);
  end();
  await persistAt(fragments, 2);
  assert.deepEqual(heard, [record?.number]);
});

test('a fragment that cannot be written leaves nothing, and the next one finds its place', async (t) => {
  const folder = temporaryFolder(t);
  const fragments = await openFragments(t, folder, { retentionHours: 240 });
  const [kept] = await persistAt(fragments, NOON);
  // Where the next part's media would be, there is something that is no file.
  const obstacle = join(folder, '2026-11-30', '15-00-00.mkv');
  mkdirSync(obstacle);
  writeFileSync(join(folder, '2026-11-30', '15-00-00'), '');
  const day = readdirSync(join(folder, '2026-11-30')).sort();
  const sent = fragment(fragments.nextNumber(), NOON + 3 * HOUR);
  const second = await fragments.persist(sent, false);
  assert.deepEqual(await listFragments(fragments), [kept, second]);
  assert.ok(existsSync(join(folder, '2026-11-30', '15-00-00-2.mkv')));
  assert.ok(day.every((name) => existsSync(join(folder, '2026-11-30', name))));
  // A fragment of a size that no file may have.
  const huge = { ...fragment(fragments.nextNumber(), NOON + 9 * HOUR), body: [notBytes()] };
  const listed = readdirSync(join(folder, '2026-11-30')).sort();
  await assert.rejects(fragments.persist(huge, false));
  assert.deepEqual(readdirSync(join(folder, '2026-11-30')).sort(), listed);
  const [third] = await persistAt(fragments, NOON + 9 * HOUR);
  assert.deepEqual(await listFragments(fragments), [kept, second, third]);
  const index = readFileSync(join(folder, '2026-11-30', '21-00-00.ndjson'), 'utf8');
  assert.equal(index.split('\n').length, 2);
});

/** What writev refuses. */
function notBytes(): Uint8Array {
  return { byteLength: 5 } as Uint8Array;
}
