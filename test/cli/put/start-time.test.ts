import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsLength, startOf } from '../../../src/cli/put/times/start-time.ts';
import { timeInName } from '../../../src/cli/put/times/time-in-name.ts';

function iso(name: string): string | undefined {
  const ms = timeInName(name);
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

test('the time in a name is found in the forms that recorders use', () => {
  for (const name of [
    'door_2026-11-29_08-00-00.mkv',
    '2026-11-29T08:00:00Z.mkv',
    '20261129T080000Z.mkv',
    'CAM1_20261129080000_main.mkv',
    '2026-11-29 08.00.00.mkv',
    '2026-11-29T10:00:00+02:00.mkv',
  ]) {
    assert.equal(iso(name), '2026-11-29T08:00:00.000Z', name);
  }
  assert.equal(iso('2026-11-29_08-00-00.250.mkv'), '2026-11-29T08:00:00.250Z');
});

test('what is no time is not taken for one', () => {
  for (const name of [
    'film.mkv',
    '2026-13-29_08-00-00.mkv',
    '2026-02-30_08-00-00.mkv',
    '2026-11-29_25-00-00.mkv',
    '120261129080000.mkv',
    '2026-11-29.mkv',
  ]) {
    assert.equal(iso(name), undefined, name);
  }
});

const FACTS = {
  label: 'film.mkv',
  name: 'film.mkv',
  createdMs: 2,
  durationMs: undefined,
  modifiedMs: 4,
  previousEndMs: 3,
  nowMs: 5,
};

test('a start is the first there is of name, metadata, the file before, mtime and now', () => {
  const named = { ...FACTS, name: '2026-11-29_08-00-00.mkv' };
  assert.equal(startOf('auto', named), Date.UTC(2026, 10, 29, 8));
  assert.equal(startOf('auto', FACTS), 2);
  const plain = { ...FACTS, createdMs: undefined };
  assert.equal(startOf('auto', plain), 3);
  assert.equal(startOf('auto', { ...plain, previousEndMs: undefined }), 4);
  assert.equal(startOf('auto', { ...plain, previousEndMs: undefined, modifiedMs: undefined }), 5);
});

test('a file that was changed last at its end began earlier by its length', () => {
  const ofAMinute = { ...FACTS, modifiedMs: 100_000, durationMs: 60_000 };
  assert.equal(startOf('mtime', ofAMinute), 40_000);
  const unnamed = { ...ofAMinute, createdMs: undefined, previousEndMs: undefined };
  assert.equal(startOf('auto', unnamed), 40_000);
});

test('a length is needed only where nothing else tells the start', () => {
  const alone = { ...FACTS, previousEndMs: undefined };
  assert.equal(needsLength('mtime', FACTS), true);
  assert.equal(needsLength('auto', alone), true);
  assert.equal(needsLength('auto', FACTS), false);
  assert.equal(needsLength('auto', { ...alone, name: '2026-11-29_08-00-00.mkv' }), false);
  assert.equal(needsLength('auto', { ...alone, modifiedMs: undefined }), false);
  assert.equal(needsLength('metadata', alone), false);
  assert.equal(needsLength(new Date(7), alone), false);
});

test('a given time is that of the first file, and the others follow', () => {
  assert.equal(startOf(new Date(7), { ...FACTS, previousEndMs: undefined }), 7);
  assert.equal(startOf(new Date(7), FACTS), 3);
});

test('a source that has no time is an error', () => {
  assert.throws(() => startOf('name', FACTS), /film.mkv has no time in its name/);
  assert.throws(() => startOf('metadata', { ...FACTS, createdMs: undefined }), /when it was made/);
  assert.throws(() => startOf('mtime', { ...FACTS, modifiedMs: undefined }), /is no file/);
});
