import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeRecordHead,
  RECORD_HEADER_BYTES,
  RecordType,
} from '../../src/spool/segment-format.ts';
import {
  filesOf,
  fragmentBytes,
  killed,
  openRig,
  putFragments,
  readWhole,
  type SpoolRig,
  temporaryFolder,
} from './support.ts';

const LENGTH = 30_000;
const RUNS = Number(process.env['SPOOL_DAMAGE_RUNS'] ?? 40);

/** Where each fragment's record is in the only segment. */
type Layout = { seed: number; start: number; end: number }[];

/** A spool with one segment, left by a process that was killed. */
async function leftBehind(
  t: TestContext,
  keyFile?: string,
): Promise<{ directory: string; segment: string; bytes: Buffer; layout: Layout }> {
  const directory = temporaryFolder(t);
  const rig = await openRig(t, directory, { keyFile, sizeBytes: 512 * 1024 * 1024 });
  putFragments(rig.view, 45, { length: LENGTH });
  await rig.spool.flush();
  const copy = killed(t, directory);
  const name = filesOf(copy).find((file) => file.endsWith('.segment')) ?? '';
  const segment = join(copy, 'camera.spool', name);
  const bytes = readFileSync(segment);
  return { directory: copy, segment, bytes, layout: layoutOf(bytes) };
}

function layoutOf(bytes: Buffer): Layout {
  const layout: Layout = [];
  for (let at = 64; at < bytes.length; ) {
    const record = decodeRecordHead(bytes.subarray(at));
    assert.ok(record !== undefined && record !== 'short');
    const { type, metaLength, bodyLength } = record.header;
    const end = at + RECORD_HEADER_BYTES + metaLength + bodyLength;
    if (type === RecordType.fragment) {
      layout.push({ seed: Number(record.meta.readBigInt64LE(8)) / 1000, start: at, end });
    }
    at = end;
  }
  return layout;
}

async function readableOf({ source }: SpoolRig): Promise<number[]> {
  const seeds: number[] = [];
  for (let f = source.oldest; f !== undefined; f = source.oldest) {
    const bytes = await readWhole(source, f);
    if (bytes === undefined) continue;
    const seed = Number(f.timecode) / 1000;
    assert.ok(bytes.equals(fragmentBytes(seed, LENGTH)), `the bytes of ${seed} are not its own`);
    seeds.push(seed);
    source.settle(f);
  }
  return seeds;
}

for (const isEncrypted of [false, true]) {
  test(`exactly the damaged fragments are skipped, and reported${isEncrypted ? ' (encrypted)' : ''}`, async (t) => {
    const keyFile = isEncrypted ? join(temporaryFolder(t), 'key') : undefined;
    if (keyFile !== undefined) writeFileSync(keyFile, randomBytes(32));
    const { directory, segment, bytes, layout } = await leftBehind(t, keyFile);
    assert.ok(layout.length > 10, `${layout.length} fragments`);
    const place = fc.integer({ min: 64, max: bytes.length - 1 });
    const flips = fc.array(fc.record({ at: place, bit: fc.integer({ min: 0, max: 7 }) }), {
      maxLength: 4,
    });
    const hole = fc.option(fc.record({ at: place, length: fc.integer({ min: 1, max: 80_000 }) }));
    const cut = fc.option(place);
    await fc.assert(
      fc.asyncProperty(flips, hole, cut, async (flipped, zeroed, end) => {
        const damaged = Buffer.from(bytes.subarray(0, end ?? bytes.length));
        const touched: { start: number; end: number }[] = [];
        for (const { at, bit } of flipped) {
          if (at >= damaged.length) continue;
          damaged[at] = (damaged[at] as number) ^ (1 << bit);
        }
        if (zeroed !== null && zeroed.at < damaged.length) {
          damaged.fill(0, zeroed.at, Math.min(zeroed.at + zeroed.length, damaged.length));
        }
        for (let at = 0; at < damaged.length; at++) {
          if (damaged[at] !== bytes[at]) touched.push({ start: at, end: at + 1 });
        }
        const isWhole = (record: { start: number; end: number }): boolean =>
          record.end <= damaged.length &&
          touched.every((range) => range.end <= record.start || range.start >= record.end);
        writeFileSync(segment, damaged);
        const rig = await openRig(t, directory, { keyFile });
        const isFormatLost = !hasFormat(damaged, bytes, layout);
        const whole = isFormatLost ? [] : layout.filter(isWhole).map(({ seed }) => seed);
        assert.deepEqual(await readableOf(rig), whole);
        const isTold = rig.warnings.length > 0;
        const isLost = layout.some((record) => record.start < damaged.length && !isWhole(record));
        if (isLost) assert.ok(isTold, 'a loss is reported');
        await rig.spool.close();
      }),
      { numRuns: RUNS, seed: 7 },
    );
  });
}

/** The format is in front of the first fragment and behind it: one of the two is enough. */
function hasFormat(damaged: Buffer, bytes: Buffer, layout: Layout): boolean {
  const [first, second] = layout;
  assert.ok(first !== undefined && second !== undefined);
  const head = 64 + RECORD_HEADER_BYTES + '{"streamName":"camera"}'.length;
  return [
    [head, first.start],
    [first.end, second.start],
  ].some(
    ([start, end]) =>
      (end ?? 0) <= damaged.length &&
      damaged.subarray(start, end).equals(bytes.subarray(start, end)),
  );
}

test('a key that is missing or wrong is an error that says so, and nothing is deleted', async (t) => {
  const keys = temporaryFolder(t);
  const [right, wrong, bad] = ['right', 'wrong', 'bad'].map((name) => join(keys, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(right, `${randomBytes(32).toString('hex')}\n`);
  writeFileSync(wrong, randomBytes(32));
  writeFileSync(bad, 'secret');
  const { directory, segment, bytes } = await leftBehind(t, right);
  const attempts: [string | undefined, RegExp][] = [
    [undefined, /is encrypted, and no spool-key-file is given/],
    [wrong, /is encrypted with another key/],
    [bad, /has 6 bytes; 32 bytes, or 64 hexadecimal digits, are needed/],
    [join(keys, 'none'), /cannot be read: ENOENT/],
  ];
  for (const [keyFile, message] of attempts) {
    await assert.rejects(openRig(t, directory, { keyFile }), message);
    assert.ok(readFileSync(segment).equals(bytes));
  }
  const rig = await openRig(t, directory, { keyFile: right });
  assert.ok((await readableOf(rig)).length > 10);
});

test('the head of a segment is not needed to read one that is not encrypted', async (t) => {
  const { directory, segment, bytes, layout } = await leftBehind(t);
  bytes.fill(0xff, 0, 64);
  writeFileSync(segment, bytes);
  const rig = await openRig(t, directory);
  assert.deepEqual(
    await readableOf(rig),
    layout.map(({ seed }) => seed),
  );
  assert.match(rig.warnings[0]?.message ?? '', /cannot be read: 64 bytes are lost/);
});

test('no two records of a spool are encrypted with the same key and nonce', async (t) => {
  const keyFile = join(temporaryFolder(t), 'key');
  writeFileSync(keyFile, randomBytes(32));
  const directory = temporaryFolder(t);
  const seen = new Set<string>();
  for (let run = 0; run < 3; run++) {
    const rig = await openRig(t, directory, { keyFile });
    // The same bytes in each run: with a nonce used twice they would be encrypted alike.
    putFragments(rig.view, 30);
    await rig.spool.close();
  }
  let records = 0;
  for (const name of filesOf(directory)) {
    if (!name.endsWith('.segment')) continue;
    const bytes = readFileSync(join(directory, 'camera.spool', name));
    for (const { start, end } of layoutOf(bytes)) {
      seen.add(bytes.subarray(end - 64, end).toString('hex'));
      seen.add(bytes.subarray(start + 76, start + 140).toString('hex'));
      records += 1;
    }
  }
  assert.ok(records > 50);
  assert.equal(seen.size, 2 * records);
});
