import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chunkBytesFor } from '../../src/storage/chunk-pool.ts';
import { ContentStore } from '../../src/storage/content-store.ts';
import { heapBytes } from './heap.ts';
import { MIB, makeStore, openView, pattern, putFragment } from './support.ts';

/** Resident memory in bytes of the mappings of the process, as the kernel counts it. */
function residentBytes(): number {
  const rollup = readFileSync('/proc/self/smaps_rollup', 'latin1');
  return Number(/^Rss:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1024;
}

test('the store takes memory as it is used', () => {
  const before = residentBytes();
  const store = makeStore(2048 * MIB);
  assert.ok(residentBytes() - before < 16 * MIB, 'nothing is committed by making it');
  const { view } = openView(store);
  // One buffer for all: what the test itself allocated must not count.
  const bytes = pattern(1, MIB);
  for (let i = 0; i < 64; i++) putFragment(view, bytes, i * 1000);
  const used = residentBytes() - before;
  assert.ok(used > 60 * MIB && used < 120 * MIB, `64 MiB are in use, ${used} committed`);
});

test('a live stream that is acknowledged promptly stays in the same few pages', () => {
  const store = makeStore(1024 * MIB);
  const { view } = openView(store);
  const bytes = pattern(1, 200_000);
  for (let i = 0; i < 20; i++) putFragment(view, bytes, i * 1000);
  for (let f = view.oldest; f !== undefined; f = view.oldest) view.settle(f);
  const before = residentBytes();
  for (let i = 20; i < 3000; i++) {
    putFragment(view, bytes, i * 1000);
    const oldest = view.oldest;
    if (oldest !== undefined) view.settle(oldest);
  }
  assert.ok(residentBytes() - before < 32 * MIB, '600 MB went through without being kept');
});

test('a store takes no address space before it is used, however many streams have one', () => {
  const before = process.memoryUsage().arrayBuffers;
  const stores = Array.from({ length: 30 }, () => makeStore(128 * MIB));
  for (const store of stores) putFragment(openView(store).view, pattern(1, 1_000), 0);
  assert.ok(process.memoryUsage().arrayBuffers - before < 30 * 5 * MIB);
});

test('a store that gets no more memory stays as it is, says so once, and drops the oldest', (t) => {
  const shrunk: number[] = [];
  const store = new ContentStore(64 * MIB, (sizeBytes) => shrunk.push(sizeBytes));
  const { view, drops } = openView(store);
  const real = Buffer.allocUnsafeSlow;
  const bytes = pattern(1, MIB);
  let slabs = 0;
  t.mock.method(Buffer, 'allocUnsafeSlow', (size: number) => {
    if (++slabs > 2) throw new RangeError('Array buffer allocation failed');
    return real(size);
  });
  for (let i = 0; i < 20; i++) putFragment(view, bytes, i * 1000);
  assert.deepEqual(shrunk, [8 * MIB]);
  assert.equal(store.sizeBytes, 8 * MIB);
  assert.ok(store.allocatedBytes <= 8 * MIB && store.allocatedBytes > 6 * MIB);
  assert.ok(drops.length >= 12, `${drops.length}`);
});

test('chunks are 16 to 256 KiB, by the size of the store', () => {
  assert.deepEqual(
    [1, 32, 128, 1024, 10 * 1024].map((mib) => chunkBytesFor(mib * MIB) / 1024),
    [16, 16, 64, 256, 256],
  );
});

for (const dropPolicy of ['fragment', 'frame'] as const) {
  test(`totalContentViewsSize: a view knows what its structures take of the heap (${dropPolicy})`, () => {
    const { view } = openView(makeStore(64 * MIB), { dropPolicy });
    const bytes = pattern(1, 2_000);
    const before = heapBytes();
    for (let i = 0; i < 20_000; i++) putFragment(view, bytes, i * 1_000_000);
    const grown = heapBytes() - before;
    const said = view.structureBytes;
    assert.ok(Math.abs(said - grown) < 0.3 * grown, `${said} was said, the heap grew by ${grown}`);
    view.close();
    assert.equal(view.structureBytes, 0);
  });
}
