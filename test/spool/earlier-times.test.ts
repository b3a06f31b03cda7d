// What was recorded before the clock was set, by runs that have ended since.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { machineStart } from '../../src/runtime/machine-start.ts';
import { moveEarlier } from '../../src/spool/earlier-times.ts';
import { Entry, type StampClock } from '../../src/spool/entry.ts';
import { RecoveredFragment } from '../../src/spool/fragments.ts';
import type { SessionFormat, StoredFragment } from '../../src/storage/stored-fragment.ts';
import { newFormat, openRig, readWhole, type SpoolRig, temporaryFolder } from './support.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
const NS_PER_MS = 1_000_000n;

/** Ten fragments of a second, from this time on; memory holds fewer. */
function record(view: SpoolRig['view'], fromMs: number): void {
  const format = newFormat('');
  for (let i = 0; i < 10; i++) {
    const startMs = fromMs + i * 1000;
    const bytes = Buffer.alloc(300_000);
    bytes.writeBigUInt64BE(BigInt(startMs));
    view.reserve(bytes.length);
    const startNs = BigInt(startMs) * NS_PER_MS;
    view.begin({ format, timecode: BigInt(startMs), startNs, arrivedMs: 0, timecodeOffset: 0 });
    view.write(bytes, 0, bytes.length);
    const endNs = startNs + 1000n * NS_PER_MS;
    view.commit({ endNs, ptsNs: endNs, dtsNs: endNs, isKeyFrame: true });
    view.complete({ endsWithEofr: false });
  }
}

/** A run in 1970 that leaves fragments in the spool. @returns how many */
async function runIn1970(t: TestContext, directory: string, fromMs: number): Promise<number> {
  const wrongByMs = Date.now() - fromMs;
  const { spool, view } = await openRig(t, directory, {}, () => Date.now() - wrongByMs);
  record(view, fromMs);
  await spool.flush();
  const { fragments } = spool.status;
  assert.ok(fragments >= 6, `${fragments} fragments`);
  await spool.close();
  return fragments;
}

/** Timecodes, each as it is in the bytes too. */
async function timecodes({ source }: SpoolRig): Promise<number[]> {
  const found: number[] = [];
  for (let f = source.oldest; f !== undefined; f = source.firstFrom(f.index + 1)) {
    const bytes = await readWhole(source, f);
    assert.equal(bytes?.readBigUInt64BE(), f.timecode);
    assert.equal(f.startNs, f.timecode * NS_PER_MS);
    found.push(Number(f.timecode));
  }
  return found;
}

// Another run's clock says something about this one's only while the machine was not started in between.
const knowsStarts = machineStart.id !== undefined;

test('a run in 1970 ends, the clock is set, and the next run has its fragments at their true times', {
  skip: !knowsStarts && 'this system does not tell one start of the machine from another',
}, async (t) => {
  const directory = temporaryFolder(t);
  const fromMs = 100_000;
  const startedMs = Date.now();
  const count = await runIn1970(t, directory, fromMs);
  const second = await openRig(t, directory);
  // Still in 1970: its clock is as that of the first run.
  second.spool.tellTime(fromMs + Date.now() - startedMs);
  second.spool.tellTime(Date.now());
  await second.spool.flush();
  await second.spool.close();
  // What was found out is not forgotten.
  const third = await openRig(t, directory);
  third.spool.tellTime(Date.now());
  const times = await timecodes(third);
  assert.equal(times.length, count);
  const [first = 0] = times;
  assert.ok(Math.abs(first - startedMs) < 2_000, `off by ${first - startedMs} ms`);
  assert.deepEqual(
    times,
    times.map((_, i) => first + i * 1000),
  );
  assert.deepEqual([...second.warnings, ...third.warnings], []);
});

test('times of a clock that was right, or is none of the machine, are left alone', async (t) => {
  for (const isMachines of [true, false]) {
    const directory = temporaryFolder(t);
    const fromMs = isMachines ? Date.now() : 5_000;
    const first = await openRig(t, directory, {}, () => (isMachines ? Date.now() : undefined));
    record(first.view, fromMs);
    await first.spool.flush();
    await first.spool.close();
    const second = await openRig(t, directory);
    second.spool.tellTime(Date.now());
    assert.equal((await timecodes(second))[0], fromMs);
  }
});

const TRUTH: StampClock = { startId: 'now', startMs: 57 * YEAR_MS };

function entry(clock: StampClock, fromMs: number, format: SessionFormat): Entry {
  const meta = {
    ...{ formatId: 1n, timecode: BigInt(fromMs), startNs: BigInt(fromMs) * NS_PER_MS },
    ...{ endNs: BigInt(fromMs + 1000) * NS_PER_MS, frameCount: 30, byteLength: 100 },
    ...{ timecodeOffset: 0, endsWithEofr: true, machineStartMs: clock.startMs },
  };
  const fragment = new RecoveredFragment(-1, meta, { format, byNs: 0n, arrivedMs: 0 });
  const made = new Entry(fragment, { kind: 'gone' });
  made.clock = clock;
  return made;
}

function startsMs(entries: readonly Entry[]): number[] {
  return entries.map(({ fragment }: { fragment: StoredFragment }) =>
    Number(fragment.startNs / NS_PER_MS),
  );
}

test('what was recorded in 1970 before the machine was started again comes right before that start, in order', () => {
  const format = newFormat('');
  const [first, second] = ['first', 'second'].map((startId) => ({ startId, startMs: 0 }));
  const entries = [first, first, second, second].map((clock, i) =>
    entry(clock ?? TRUTH, 10_000 + (i % 2) * 1000, format),
  );
  const right = entry({ startId: 'first', startMs: 0 }, Date.UTC(2026, 5), format);
  const { guessed } = moveEarlier([...entries, right], TRUTH);
  assert.equal(guessed, 4);
  const endMs = TRUTH.startMs;
  assert.deepEqual(startsMs(entries), [endMs - 4000, endMs - 3000, endMs - 2000, endMs - 1000]);
  assert.deepEqual(startsMs([right]), [Date.UTC(2026, 5)]);
  // The next news of the time moves them along.
  moveEarlier(entries, { ...TRUTH, startMs: endMs + 60_000 });
  assert.deepEqual(startsMs(entries).at(-1), endMs + 59_000);
});

test('relative timecodes stay, and the beginning that they count from is moved', () => {
  const format = { ...newFormat(''), producerStartMs: 10_000 };
  const one = entry({ startId: 'now', startMs: 0 }, 12_000, format);
  moveEarlier([one], TRUTH);
  assert.equal(one.fragment.timecode, 12_000n);
  assert.equal(one.fragment.format.producerStartMs, 10_000 + TRUTH.startMs);
  assert.deepEqual(one.retimed, {
    byNs: BigInt(TRUTH.startMs) * NS_PER_MS,
    startMs: TRUTH.startMs,
  });
});

test('a fragment that is being sent keeps its time', () => {
  const one = entry({ startId: 'now', startMs: 0 }, 12_000, newFormat(''));
  one.fragment.wasTaken = true;
  assert.deepEqual(moveEarlier([one], TRUTH), { entries: [], guessed: 0 });
});
