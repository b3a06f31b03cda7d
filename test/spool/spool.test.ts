import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BackedSource } from '../../src/spool/backed-source.ts';
import type { StoredFragment } from '../../src/storage/stored-fragment.ts';
import { begin, MIB, pattern, put, putFragment } from '../storage/support.ts';
import {
  filesOf,
  fragmentBytes,
  killed,
  newFormat,
  openRig,
  putFragments,
  readWhole,
  temporaryFolder,
} from './support.ts';

/** All fragments of a source, oldest first. */
function fragmentsOf(source: BackedSource): StoredFragment[] {
  const fragments: StoredFragment[] = [];
  for (let f = source.oldest; f !== undefined; f = source.firstFrom(f.index + 1)) fragments.push(f);
  return fragments;
}

/** Reads and settles everything, as a session does; the numbers that the bytes were made with. */
async function sendAll(source: BackedSource, length = 100_000): Promise<number[]> {
  const sent: number[] = [];
  for (let f = source.oldest; f !== undefined; f = source.oldest) {
    const bytes = await readWhole(source, f);
    const seed = Number(f.timecode) / 1000;
    if (bytes !== undefined) {
      assert.ok(bytes.equals(fragmentBytes(seed, length)), `bytes of fragment ${seed}`);
      sent.push(seed);
      source.settle(f);
    }
  }
  return sent;
}

function range(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

test('what memory has no room for goes to files, and is sent in its order, byte for byte', async (t) => {
  const directory = temporaryFolder(t);
  const { spool, view, source, drops } = await openRig(t, directory);
  putFragments(view, 50);
  assert.deepEqual(
    fragmentsOf(source).map(({ index }) => index),
    range(50),
  );
  assert.ok(await spool.flush());
  assert.ok(spool.status.fragments > 35, `${spool.status.fragments} fragments are in it`);
  assert.deepEqual(await sendAll(source), range(50));
  assert.deepEqual(drops, []);
  await spool.flush();
  assert.deepEqual(filesOf(directory), ['lock']);
  assert.equal(spool.status.sent, spool.status.spooled);
});

test('as long as memory has room, no file is written', async (t) => {
  const directory = temporaryFolder(t);
  const { spool, view, source } = await openRig(t, directory);
  for (const i of range(50)) {
    putFragments(view, 1, { from: i });
    source.settle(fragmentsOf(source)[0] as StoredFragment);
  }
  await spool.flush();
  assert.deepEqual(filesOf(directory), ['lock']);
  assert.equal(spool.status.spooled, 0);
});

test('folder and files are for their owner alone', async (t) => {
  const directory = join(temporaryFolder(t), 'new', 'spools');
  const { spool, view, source } = await openRig(t, directory);
  putFragments(view, 30);
  await spool.flush();
  source.settle(fragmentsOf(source)[0] as StoredFragment);
  await spool.flush();
  const folder = join(directory, 'camera.spool');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of filesOf(directory)) {
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  }
});

test('a later run sends what an earlier one has left, before its own, and nothing twice', async (t) => {
  const directory = temporaryFolder(t);
  const first = await openRig(t, directory);
  putFragments(first.view, 40);
  await first.spool.flush();
  for (const fragment of fragmentsOf(first.source).slice(0, 10)) first.source.settle(fragment);
  const left = first.spool.status.fragments;
  await first.spool.close();

  const second = await openRig(t, directory);
  assert.equal(second.spool.status.fragments, left);
  assert.equal(second.source.oldest?.index, -left);
  putFragments(second.view, 2, { from: 90 });
  assert.deepEqual(await sendAll(second.source), [...range(left, 10), 90, 91]);
  await second.spool.close();

  const third = await openRig(t, directory);
  assert.equal(third.source.oldest, undefined);
});

test('what was written before a sudden end is there at the next start', async (t) => {
  const directory = temporaryFolder(t);
  const { spool, view, source } = await openRig(t, directory, { sync: 'each-fragment' });
  putFragments(view, 30);
  await spool.flush();
  source.settle(fragmentsOf(source)[0] as StoredFragment);
  await spool.flush();
  const { fragments } = spool.status;
  const later = await openRig(t, killed(t, directory));
  assert.deepEqual(await sendAll(later.source), range(fragments, 1));
  assert.deepEqual(later.warnings, []);
});

test('the fragments of a format keep their order and their session; other formats have their own', async (t) => {
  const directory = temporaryFolder(t);
  const first = await openRig(t, directory);
  const formats = [newFormat('one'), newFormat('two')];
  for (const i of range(4)) {
    const format = formats[i >> 1] as (typeof formats)[number];
    putFragments(first.view, 10, { from: i * 10, format });
  }
  await first.spool.flush();
  await first.spool.close();
  const { source } = await openRig(t, directory);
  const found = new Map<unknown, { header: string; timecodes: bigint[] }>();
  for (const { format, timecode } of fragmentsOf(source)) {
    const header = Buffer.from(format.headerBytes).toString();
    const group = found.get(format) ?? { header, timecodes: [] };
    group.timecodes.push(timecode);
    found.set(format, group);
  }
  assert.deepEqual(
    [...found.values()].map(({ header }) => header),
    ['one', 'two'],
  );
  for (const { timecodes } of found.values()) {
    assert.deepEqual(
      timecodes,
      [...timecodes].sort((a, b) => Number(a - b)),
    );
  }
});

test('a format that was written before an older one is sent behind it by a later run', async (t) => {
  const directory = temporaryFolder(t);
  const first = await openRig(t, directory, {}, () => Date.now());
  const [older, newer] = [newFormat('older'), newFormat('newer')];
  putFragments(first.view, 2, { format: older });
  const sending = fragmentsOf(first.source);
  for (const fragment of sending) first.source.pin(fragment);
  putFragments(first.view, 15, { from: 2, format: newer });
  await first.spool.flush();
  for (const fragment of sending) first.source.unpin(fragment);
  putFragments(first.view, 15, { from: 17, format: newer });
  await first.spool.flush();
  const written = first.spool.status.fragments;
  await first.spool.close();
  const later = await openRig(t, directory, {}, () => Date.now());
  assert.ok(written > 2, `${written} fragments`);
  assert.deepEqual(await sendAll(later.source), range(written));
});

test('a fragment that is sent while memory needs its room is written once the session lets go', async (t) => {
  const { spool, view, source, drops } = await openRig(t, temporaryFolder(t));
  putFragments(view, 3);
  const first = source.oldest as StoredFragment;
  source.pin(first);
  putFragments(view, 30, { from: 3 });
  assert.equal(spool.has(first), false);
  source.unpin(first);
  putFragments(view, 1, { from: 33 });
  assert.equal(spool.has(first), true);
  assert.deepEqual(await sendAll(source), range(34));
  assert.deepEqual(drops, []);
});

test('spool-size: the oldest fragments leave first, and each is reported', async (t) => {
  const directory = temporaryFolder(t);
  const { spool, view, source, drops } = await openRig(t, directory, { sizeBytes: 2 * MIB });
  for (const i of range(60)) {
    putFragments(view, 1, { from: i });
    await spool.flush();
  }
  const dropped = drops.map(({ fragment, reason }) => ({ index: fragment.index, reason }));
  assert.ok(dropped.length > 20, `${dropped.length} were dropped`);
  assert.deepEqual(
    dropped,
    range(dropped.length).map((index) => ({ index, reason: 'spool-full' })),
  );
  assert.deepEqual(await sendAll(source), range(60 - dropped.length, dropped.length));
  assert.equal(spool.status.dropped, dropped.length);
});

test('spool-size holds on the disk at any time', async (t) => {
  const directory = temporaryFolder(t);
  const { spool, view } = await openRig(t, directory, { sizeBytes: 2 * MIB });
  for (const i of range(60)) {
    putFragments(view, 1, { from: i });
    await spool.flush();
    let bytes = 0;
    for (const name of filesOf(directory)) {
      bytes += statSync(join(directory, 'camera.spool', name)).size;
    }
    assert.ok(bytes <= 2 * MIB, `${bytes} bytes after fragment ${i}`);
  }
});

test('spool-duration: not more media than that is kept', async (t) => {
  const { spool, view, source, drops } = await openRig(t, temporaryFolder(t), {
    durationMs: 10_000,
  });
  putFragments(view, 40);
  await spool.flush();
  assert.equal(spool.status.durationNs, 10_000_000_000n);
  assert.deepEqual(new Set(drops.map(({ reason }) => reason)), new Set(['spool-duration']));
  const sent = await sendAll(source);
  assert.deepEqual(sent, range(sent.length, 40 - sent.length));
  assert.equal(sent.length + drops.length, 40);
});

test('a fragment that a session reads is not dropped for room', async (t) => {
  const { spool, view, source, drops } = await openRig(t, temporaryFolder(t), {
    sizeBytes: 2 * MIB,
  });
  putFragments(view, 15);
  await spool.flush();
  const oldest = source.oldest as StoredFragment;
  source.pin(oldest);
  for (const i of range(40, 15)) {
    putFragments(view, 1, { from: i });
    await spool.flush();
  }
  assert.equal(source.get(oldest.index), oldest);
  assert.ok(drops.length > 0);
  source.unpin(oldest);
});

test('a disk that is gone is reported, memory drops as without a spool, and spooling resumes when it is back', async (t) => {
  const directory = temporaryFolder(t);
  const { spool, view, source, drops, warnings } = await openRig(t, directory);
  const folder = join(directory, 'camera.spool');
  renameSync(folder, `${folder}.away`);
  putFragments(view, 30);
  assert.equal(await spool.flush(), false);
  putFragments(view, 220, { from: 30 });
  assert.match(
    warnings[0]?.message ?? '',
    /cannot be used: ENOENT.*Media is buffered in memory only/,
  );
  assert.equal(spool.status.state, 'failing');
  assert.ok(drops.length > 0);
  assert.ok(drops.every(({ reason }) => reason === 'storage-full'));
  renameSync(`${folder}.away`, folder);
  assert.equal(await spool.flush(), true);
  const before = drops.length;
  putFragments(view, 20, { from: 250 });
  await spool.flush();
  assert.equal(drops.length, before);
  const sent = await sendAll(source);
  assert.equal(sent.length + drops.length, 270);
});

test('a folder that cannot be made is a warning, and memory buffers as ever', async (t) => {
  const directory = join(temporaryFolder(t), 'file');
  writeFileSync(directory, '');
  const { view, source, warnings } = await openRig(t, directory);
  assert.match(warnings[0]?.message ?? '', /cannot be used: ENOTDIR/);
  putFragments(view, 5);
  assert.equal(fragmentsOf(source).length, 5);
});

test('another spool of the same stream is refused with the number of the process that has it', async (t) => {
  const directory = temporaryFolder(t);
  await openRig(t, directory);
  await assert.rejects(openRig(t, directory), (error: Error) => {
    assert.match(error.message, new RegExp(`is in use by process ${process.pid}`));
    return true;
  });
  await openRig(t, directory, { streamName: 'other' });
});

test('the lock of a process that is gone is no obstacle', async (t) => {
  const directory = temporaryFolder(t);
  const folder = join(directory, 'camera.spool');
  mkdirSync(folder);
  for (const content of [
    '',
    '{"pid":1}',
    // A process of this number is there, and is another one.
    JSON.stringify({ pid: 1, startTicks: '-', bootId: '-', pidNamespace: '-' }),
  ]) {
    writeFileSync(join(folder, 'lock'), content);
    const { spool } = await openRig(t, directory);
    await spool.close();
    assert.equal(existsSync(join(folder, 'lock')), false);
  }
});

/** A fragment whose first eight bytes are its timecode, as an uploader reads them. */
function putTimed(
  view: Parameters<typeof begin>[0],
  startMs: number,
  format = newFormat(''),
): void {
  const bytes = Buffer.alloc(300_000);
  bytes.writeBigUInt64BE(BigInt(startMs));
  view.reserve(bytes.length);
  const startNs = BigInt(startMs) * 1_000_000n;
  view.begin({ format, timecode: BigInt(startMs), startNs, arrivedMs: 0, timecodeOffset: 0 });
  view.write(bytes, 0, bytes.length);
  const endNs = startNs + 1_000_000_000n;
  view.commit({ endNs, ptsNs: endNs, dtsNs: endNs, isKeyFrame: true });
  view.complete({ endsWithEofr: false });
}

for (const isWritten of [false, true]) {
  test(`a clock that is set right sets right what is ${isWritten ? 'on the disk' : 'being written'} too`, async (t) => {
    const directory = temporaryFolder(t);
    const { spool, view, source } = await openRig(t, directory);
    for (const i of range(10)) putTimed(view, i * 1000);
    if (isWritten) await spool.flush();
    const corrected = view.correct({
      units: 5_000_000n,
      byNs: 5_000_000_000_000n,
      startMs: 5_000_000,
    });
    assert.deepEqual([corrected.fragments, corrected.sent], [10, 0]);
    await spool.flush();
    const later = await openRig(t, killed(t, directory));
    for (const from of [source, later.source]) {
      let count = 0;
      for (let f = from.oldest; f !== undefined; f = from.oldest) {
        const bytes = await readWhole(from, f);
        assert.equal(bytes?.readBigUInt64BE(), f.timecode);
        assert.equal(f.timecode, BigInt(count * 1000) + 5_000_000n);
        assert.equal(f.startNs, f.timecode * 1_000_000n);
        from.settle(f);
        count += 1;
      }
      assert.ok(count >= 6, `${count} fragments`);
    }
  });
}

test('what the source has to keep is only what is not on the disk yet', async (t) => {
  const { spool, view } = await openRig(t, temporaryFolder(t), { sync: 'each-fragment' });
  for (const i of range(20)) {
    const bytes = pattern(i, 100_000);
    view.reserve(bytes.length);
    begin(view, i * 1000);
    view.write(bytes, 0, bytes.length);
    const endNs = BigInt(i + 1) * 1_000_000_000n;
    view.commit({ endNs, ptsNs: endNs, dtsNs: endNs, isKeyFrame: true, neededFrom: i });
    view.complete({ endsWithEofr: false });
  }
  assert.equal(spool.neededFrom.frames, 0);
  await spool.flush();
  assert.equal(spool.neededFrom.frames, Number.POSITIVE_INFINITY);
  assert.equal(view.neededFrom.frames, spool.status.fragments);
});

test('fragments that are larger than the spool, and more than its queue takes, are dropped as ever', async (t) => {
  const { spool, view, drops } = await openRig(t, temporaryFolder(t), { sizeBytes: MIB });
  putFragment(view, pattern(0, 900_000), 0, 1000);
  putFragment(view, pattern(1, 900_000), 1000, 2000);
  await spool.flush();
  assert.equal(spool.status.fragments, 1);
  assert.deepEqual(drops, []);
  put(view, pattern(2, 10));
  const tooLarge = await openRig(t, temporaryFolder(t), { sizeBytes: 64 * 1024 });
  putFragments(tooLarge.view, 20);
  assert.equal(tooLarge.spool.status.spooled, 0);
  assert.ok(tooLarge.drops.every(({ reason }) => reason === 'storage-full'));
  assert.ok(tooLarge.drops.length > 5);
});

test('live-first: what is live goes first as long as something is in the spool', async (t) => {
  const { view, source, spool } = await openRig(t, temporaryFolder(t), { policy: 'live-first' });
  putFragments(view, 3);
  assert.equal(source.liveFrom, undefined);
  putFragments(view, 30, { from: 3 });
  assert.equal(source.liveFrom, 32);
  await spool.flush();
  await sendAll(source);
  assert.equal(source.liveFrom, undefined);
});

test('spool-bandwidth bounds what is read, and tells when it goes on', async (t) => {
  const { view, source, spool } = await openRig(t, temporaryFolder(t), { bandwidthBps: 1_600_000 });
  putFragments(view, 30);
  await spool.flush();
  const startMs = performance.now();
  await readWhole(source, source.oldest as StoredFragment);
  const tookMs = performance.now() - startMs;
  // 100 kB at 200 kB/s, of which 50 kB may go at once.
  assert.ok(tookMs >= 240 && tookMs < 2_000, `${tookMs} ms`);
});

test('a fragment that was settled while it was written is not sent by a later run', async (t) => {
  const directory = temporaryFolder(t);
  const { spool, view, source } = await openRig(t, directory);
  putFragments(view, 20);
  const spooled = fragmentsOf(source).filter((fragment) => spool.has(fragment));
  for (const fragment of spooled) source.settle(fragment);
  await spool.flush();
  assert.deepEqual(filesOf(directory), ['lock']);
});
