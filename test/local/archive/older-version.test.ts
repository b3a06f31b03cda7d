import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FragmentNumbers } from '../../../src/local/fragments/fragment-number.ts';
import type { FragmentRecord } from '../../../src/local/fragments/fragment-record.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { fragment, HOUR, openFragments, persistAt } from '../support/archive.ts';
import { temporaryFolder } from '../support/service.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const TODAY = new Date().toISOString().slice(0, 10);

/** A stream as it was kept at first: a file per fragment, and one index. */
function olderFolder(
  t: TestContext,
  count: number,
  stepMs = 2000,
): { folder: string; records: FragmentRecord[] } {
  const folder = temporaryFolder(t);
  const numbers = new FragmentNumbers();
  const records = Array.from({ length: count }, (_, i): FragmentRecord => {
    const timeMs = NOON + i * stepMs;
    const { head: _head, body: _body, ...rest } = fragment(numbers.next(timeMs), timeMs);
    writeFileSync(join(folder, `${rest.number}.mkv`), 'headmedia');
    return { ...rest, bytes: 9, clusterOffset: 4, replaced: [] };
  });
  writeFileSync(join(folder, 'index.ndjson'), indexOf(records));
  return { folder, records };
}

function indexOf(records: readonly FragmentRecord[]): string {
  return records.map((add) => `${JSON.stringify({ add })}\n`).join('');
}

test('a folder with a file per fragment is read, its files stay where they are, and go with their hour', async (t) => {
  const { folder, records } = olderFolder(t, 2500, 4000);
  let nowMs = NOON + HOUR;
  const options = { retentionHours: 2, nowMs: () => nowMs };
  const fragments = await openFragments(t, folder, options);
  assert.deepEqual(await listFragments(fragments), records);
  assert.deepEqual(
    fragments.summaries().map((part) => part.fragments),
    [900, 900, 700],
  );
  const [first] = records;
  assert.ok(first);
  assert.equal(String(await fragments.read(first)), 'headmedia');
  assert.equal(existsSync(join(folder, 'index.ndjson')), false);
  // A later copy takes the place of an older one, whose file goes.
  const again = { ...fragment(fragments.nextNumber(), NOON), serverTimestampMs: NOON + 3 * HOUR };
  const copy = await fragments.persist(again, false);
  assert.equal(existsSync(join(folder, `${first.number}.mkv`)), false);
  await fragments.close();

  const second = await openFragments(t, folder, options);
  assert.deepEqual(await listFragments(second), [...records.slice(1), copy]);
  nowMs = NOON + 4 * HOUR;
  await second.enforceRetention();
  const kept = records.filter(({ serverTimestampMs }) => serverTimestampMs >= NOON + 2 * HOUR);
  assert.deepEqual(await listFragments(second), [...kept, copy]);
  nowMs = NOON + 5 * HOUR;
  await second.enforceRetention();
  assert.deepEqual(await listFragments(second), [copy]);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.mkv')),
    [],
  );
});

test('lines of an older index that take fragments away are followed', async (t) => {
  const { folder, records } = olderFolder(t, 10);
  const [a, b, c] = records;
  assert.ok(a && b && c);
  const lines = [
    ...records.slice(3).map((add) => JSON.stringify({ add })),
    // Overlapping sessions end their fragments in another order.
    ...[c, { ...b, replaced: [a.number] }].map((add) => JSON.stringify({ add })),
    JSON.stringify({ remove: records[9]?.number }),
    '{"add":{"number":"777',
  ];
  writeFileSync(join(folder, 'index.ndjson'), lines.join('\n'));
  const fragments = await openFragments(t, folder);
  assert.deepEqual(await listFragments(fragments), [
    { ...b, replaced: [a.number] },
    c,
    ...records.slice(3, 9),
  ]);
  assert.deepEqual(
    readdirSync(join(folder, 'set-aside', TODAY)).sort(),
    [`${a.number}.mkv`, `${records[9]?.number}.mkv`].sort(),
  );
});

test('files that an older index does not name are set aside, and those that went are not listed', async (t) => {
  const { folder, records } = olderFolder(t, 4);
  const [first, second] = records;
  renameSync(join(folder, `${first?.number}.mkv`), join(folder, `${'8'.repeat(47)}.mkv`));
  writeFileSync(join(folder, `${second?.number}.mkv.part`), 'half');
  const fragments = await openFragments(t, folder);
  assert.deepEqual(await listFragments(fragments), records.slice(1));
  assert.deepEqual(readdirSync(join(folder, 'set-aside', TODAY)), [`${'8'.repeat(47)}.mkv`]);
  assert.equal(existsSync(join(folder, `${second?.number}.mkv.part`)), false);
  await fragments.close();
  assert.deepEqual(await listFragments(await openFragments(t, folder)), records.slice(1));
});

test('an interrupted conversion loses nothing, wherever it was interrupted', async (t) => {
  const { folder, records } = olderFolder(t, 300, 20_000);
  const index = readFileSync(join(folder, 'index.ndjson'), 'utf8');
  const converted = await openFragments(t, folder);
  await converted.close();
  const day = join(folder, '2026-11-30');
  const parts = readdirSync(day).filter((name) => /^\d.*\.ndjson$/.test(name));
  assert.equal(parts.length, 2);
  // Before the old index was renamed: one part is written, another is cut short.
  const [first = '', second = ''] = parts;
  const converting = join(folder, 'converting', '2026-11-30');
  mkdirSync(converting, { recursive: true });
  rmSync(join(day, first));
  renameSync(join(day, second), join(converting, second));
  writeFileSync(join(converting, second), '{"add":');
  writeFileSync(join(folder, 'index.ndjson'), index);
  const again = await openFragments(t, folder);
  assert.deepEqual(await listFragments(again), records);
  await again.close();
  // After it was renamed: one part has its place, another one has not.
  mkdirSync(converting, { recursive: true });
  renameSync(join(day, second), join(converting, second));
  writeFileSync(join(folder, 'index.ndjson.converted'), index);
  const third = await openFragments(t, folder);
  assert.deepEqual(await listFragments(third), records);
  assert.equal(existsSync(join(folder, 'index.ndjson.converted')), false);
  // And what comes now lies in parts.
  const more = await persistAt(third, NOON + 3 * HOUR);
  assert.deepEqual(await listFragments(third), [...records, ...more]);
});
