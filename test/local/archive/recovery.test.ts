import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readDaySummary } from '../../../src/local/archive/day-summary.ts';
import type { FragmentRecord } from '../../../src/local/fragments/fragment-record.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { HOUR, openFragments, persistAt } from '../support/archive.ts';
import { temporaryFolder } from '../support/service.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const TODAY = new Date().toISOString().slice(0, 10);

/** Four fragments of nine bytes in two parts, as a service leaves them. */
async function archive(t: TestContext): Promise<{
  folder: string;
  part: string;
  records: FragmentRecord[];
}> {
  const folder = temporaryFolder(t);
  let nowMs = NOON;
  // A number of its own for each millisecond, so that there is room between two of them.
  const fragments = await openFragments(t, folder, { retentionHours: 240, nowMs: () => nowMs++ });
  const records = await persistAt(fragments, NOON, NOON + 1000, NOON + 2000, NOON + 2 * HOUR);
  await fragments.close();
  return { folder, part: join(folder, '2026-11-30', '12-00-00'), records };
}

/** As kill -9 leaves it: the day's summary says that the parts are being written to. */
function killed(folder: string): void {
  const lines = ['12-00-00', '14-00-00'].map((part) => JSON.stringify({ part, open: true }));
  appendFileSync(join(folder, '2026-11-30', 'summary.ndjson'), `${lines.join('\n')}\n`);
}

async function listed(t: TestContext, folder: string): Promise<FragmentRecord[]> {
  const fragments = await openFragments(t, folder, { retentionHours: 240 });
  const records = await listFragments(fragments);
  assert.equal(fragments.totals.fragments, records.length);
  for (const record of records) assert.equal(String(await fragments.read(record)), 'headmedia');
  await fragments.close();
  return records;
}

test('a line and media that a crash cut short are put aside, and the next fragment follows', async (t) => {
  const { folder, part, records } = await archive(t);
  killed(folder);
  appendFileSync(`${part}.mkv`, 'headme');
  appendFileSync(`${part}.ndjson`, '{"at":27,"add":{"number":"777');
  assert.deepEqual(await listed(t, folder), records);
  const aside = join(folder, 'set-aside', TODAY, '12-00-00-from-27.mkv');
  assert.equal(readFileSync(aside, 'utf8'), 'headme');
  assert.equal(readFileSync(`${part}.mkv`, 'utf8'), 'headmedia'.repeat(3));
  const fragments = await openFragments(t, folder, { retentionHours: 240 });
  const more = await persistAt(fragments, NOON + 2 * HOUR + 1);
  await fragments.close();
  assert.deepEqual(await listed(t, folder), [...records, ...more]);
});

test('what a kill left is read once, not at each start from then on', async (t) => {
  const { folder, records } = await archive(t);
  killed(folder);
  // Killed again at once: nothing was written, and nothing closed.
  await openFragments(t, folder, { retentionHours: 240 });
  const states = await readDaySummary(join(folder, '2026-11-30'));
  assert.deepEqual([...states.keys()].sort(), ['12-00-00', '14-00-00']);
  assert.deepEqual(await listed(t, folder), records);
  const fragments = await openFragments(t, folder, { retentionHours: 240 });
  const more = await persistAt(fragments, NOON + 2 * HOUR + 1);
  const written = await readDaySummary(join(folder, '2026-11-30'));
  assert.deepEqual([...written.keys()], ['12-00-00'], 'one is being written to');
  assert.deepEqual(await listed(t, folder), [...records, ...more]);
});

test('a part that is lost from the summary, or the summary itself, is read from its index', async (t) => {
  const { folder, records } = await archive(t);
  const summary = join(folder, '2026-11-30', 'summary.ndjson');
  const text = readFileSync(summary, 'utf8');
  for (const damaged of [
    '',
    text.slice(0, -20),
    text.replaceAll('"from":"', '"from":"x'),
    '7\nnull\n{}',
  ]) {
    writeFileSync(summary, damaged);
    assert.deepEqual(await listed(t, folder), records, damaged);
  }
  rmSync(summary);
  assert.deepEqual(await listed(t, folder), records);
});

test('media that is shorter than it was costs the fragments that it held, whenever that is noticed', async (t) => {
  for (const isNoticedAtStart of [true, false]) {
    const { folder, part, records } = await archive(t);
    if (isNoticedAtStart) killed(folder);
    truncateSync(`${part}.mkv`, 20);
    const fragments = await openFragments(t, folder, { retentionHours: 240 });
    const expected = [...records.slice(0, 2), ...records.slice(3)];
    assert.deepEqual(await listFragments(fragments), expected);
    assert.equal(fragments.totals.fragments, 3);
    // What comes into the gap makes nothing whole again.
    const late = String(BigInt(records[2]?.number ?? '') + 1n);
    const sent = { number: late, serverTimestampMs: NOON + 3000, timecode: 3 };
    const {
      replaced: _replaced,
      clusterOffset: _offset,
      bytes: _bytes,
      ...rest
    } = expected[0] as FragmentRecord;
    const record = await fragments.persist(
      {
        ...rest,
        ...sent,
        producerTimestampMs: NOON + 3000,
        head: [Buffer.from('head')],
        body: [Buffer.from('media')],
      },
      false,
    );
    await fragments.close();
    assert.deepEqual(await listed(t, folder), [
      ...expected.slice(0, 2),
      record,
      ...records.slice(3),
    ]);
  }
});

test('media without an index, and an index without media, cost no other part', async (t) => {
  const { folder, part, records } = await archive(t);
  renameSync(`${part}.ndjson`, join(folder, 'moved'));
  assert.deepEqual(await listed(t, folder), records.slice(3));
  const aside = join(folder, 'set-aside', TODAY, '12-00-00.mkv');
  assert.equal(readFileSync(aside, 'utf8'), 'headmedia'.repeat(3));
  renameSync(join(folder, 'moved'), `${part}.ndjson`);
  assert.deepEqual(await listed(t, folder), records.slice(3));
  renameSync(aside, `${part}.mkv`);
  rmSync(join(folder, '2026-11-30', '14-00-00.mkv'));
  await openFragments(t, folder);
});

test('lines of the index that are damaged cost their fragments alone', async (t) => {
  const { folder, part, records } = await archive(t);
  killed(folder);
  const [first = '', second = '', third = ''] = readFileSync(`${part}.ndjson`, 'utf8').split('\n');
  const damaged = [
    'null',
    '7',
    '{"add":{}}',
    '{"at":0,"add":{"number":"../../x","bytes":1}}',
    second.replace('"at":9', '"at":-9'),
    '{"remove":7}',
  ];
  writeFileSync(`${part}.ndjson`, [first, ...damaged, third, ''].join('\n'));
  const expected = [records[0], ...records.slice(2)];
  assert.deepEqual(await listed(t, folder), expected);
});

test('a copy whose older one a crash kept from going is the only one after it', async (t) => {
  const { folder, part, records } = await archive(t);
  killed(folder);
  // The newer copy stands in its own part; the line that takes the older one away was not written.
  const index = join(folder, '2026-11-30', '14-00-00.ndjson');
  const [old] = records;
  const line = readFileSync(index, 'utf8').replace(
    '"replaced":[]',
    `"replaced":["${old?.number}"]`,
  );
  writeFileSync(index, line);
  const after = await listed(t, folder);
  assert.deepEqual(
    after.map(({ number }) => number),
    records.slice(1).map(({ number }) => number),
  );
  assert.match(readFileSync(`${part}.ndjson`, 'utf8'), /\{"remove":"\d+","by":"\d+"\}\n$/);
});

test('what was set aside stays a week', async (t) => {
  const { folder, part } = await archive(t);
  rmSync(`${part}.ndjson`);
  let nowMs = NOON;
  const reopen = async (): Promise<void> => {
    const fragments = await openFragments(t, folder, { retentionHours: 2400, nowMs: () => nowMs });
    await fragments.close();
  };
  await reopen();
  const aside = join(folder, 'set-aside', '2026-11-30', '12-00-00.mkv');
  nowMs += 7 * 24 * HOUR;
  await reopen();
  assert.ok(existsSync(aside));
  nowMs += 2 * 24 * HOUR;
  await reopen();
  assert.deepEqual(readdirSync(join(folder, 'set-aside')), []);
});
