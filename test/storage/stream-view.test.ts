import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import type { StreamView } from '../../src/storage/stream-view.ts';
import { begin, MIB, makeStore, openView, pattern, put, putFragment, readAll } from './support.ts';

const CHUNK = 16 * 1024;
const SECOND = 1_000_000_000n;

test('bytes read are the bytes written, for reads of any size', () => {
  const { view } = openView(makeStore());
  const frames = [100, 20_000, 1, 50_000, 16_384].map((length, i) => pattern(i, length));
  begin(view, 0);
  for (const bytes of frames) assert.ok(put(view, bytes));
  view.complete({ endsWithEofr: false });
  const whole = Buffer.concat(frames);
  for (const step of [1 << 30, 10_000, whole.length / 2, 16_384, 17]) {
    assert.deepEqual(readAll(view, 0, step), whole);
  }
});

test('bytes read are the bytes written where freed chunks are taken again in another order', () => {
  const { view } = openView(makeStore());
  for (let i = 0; i < 4; i++) putFragment(view, pattern(i, 3 * CHUNK), i * 1000);
  for (const index of [2, 0, 1]) view.settle(view.get(index) ?? assert.fail());
  const bytes = pattern(9, 9 * CHUNK);
  assert.ok(putFragment(view, bytes, 4_000));
  assert.deepEqual(readAll(view, 4), bytes);
});

test('what is not committed is not read, and an under-run goes on where it stopped', () => {
  const { view } = openView(makeStore());
  begin(view, 0);
  const fragment = view.newest;
  assert.ok(fragment);
  assert.equal(view.read(fragment, 0, 100), undefined);
  view.reserve(8);
  view.write(pattern(1, 8), 0, 8);
  assert.equal(view.read(fragment, 0, 100), undefined);
  view.commit({ endNs: 0n, ptsNs: 0n, dtsNs: 0n, isKeyFrame: true });
  assert.deepEqual(Buffer.from(view.read(fragment, 0, 100) ?? []), pattern(1, 8));
  assert.equal(view.read(fragment, 8, 100), undefined);
});

test('onChange is called for bytes, begins, ends and drops', () => {
  const { view } = openView(makeStore());
  let changes = 0;
  view.onChange = () => {
    changes += 1;
  };
  const steps: [string, () => void][] = [
    ['begin', () => begin(view, 0)],
    ['commit', () => put(view, pattern(0, 10))],
    ['complete', () => view.complete({ endsWithEofr: true })],
    ['drop', () => view.evictOldest()],
  ];
  for (const [name, step] of steps) {
    const before = changes;
    step();
    assert.ok(changes > before, name);
  }
});

test('what is dropped in flight is reported when its session has ended, unless it was settled', () => {
  const { view, drops } = openView(makeStore());
  const held = [0, 1, 2, 3].map((i) => {
    putFragment(view, pattern(i, 100_000), i * 1000);
    return view.newest ?? assert.fail();
  });
  const [settled, received, silent, unsent] = held;
  assert.ok(settled && received && silent && unsent);
  for (const fragment of [settled, received, silent]) fragment.isInFlight = true;
  view.complete({ endsWithEofr: false });
  for (let i = 0; i < 4; i++) view.evictOldest();
  assert.deepEqual(
    drops.map(({ fragment }) => fragment.index),
    [3],
  );
  view.settle(settled);
  view.markReceived(received);
  for (const fragment of [settled, received, silent]) view.abandon(fragment);
  assert.deepEqual(
    drops.map(({ fragment, lost, reason }) => [fragment.index, lost, reason]),
    [
      [3, true, 'storage-full'],
      [1, false, 'not-persisted'],
      [2, true, 'storage-full'],
    ],
  );
});

test('a full store drops the oldest fragments of a stream that may drop, whole', () => {
  const { view, drops } = openView(makeStore());
  for (let i = 0; i < 12; i++) assert.ok(putFragment(view, pattern(i, 100_000), i * 1000));
  assert.ok(drops.length > 0);
  assert.equal(view.oldest?.index, drops.length);
  assert.equal(view.newest?.index, 11);
  assert.ok(drops.every(({ reason, lost }) => reason === 'storage-full' && lost));
  for (let i = drops.length; i < 12; i++) assert.deepEqual(readAll(view, i), pattern(i, 100_000));
});

test('what the service has received is dropped before what it has not, the oldest first', () => {
  const { view, drops } = openView(makeStore());
  for (let i = 0; i < 8; i++) putFragment(view, pattern(i, 100_000), i * 1000);
  for (const index of [5, 3]) view.markReceived(view.get(index) ?? assert.fail());
  for (let i = 0; i < 3; i++) view.evictOldest();
  assert.deepEqual(
    drops.map(({ fragment, reason }) => [fragment.index, reason]),
    [
      [3, 'not-persisted'],
      [5, 'not-persisted'],
      [0, 'storage-full'],
    ],
  );
});

test('what the service has received is not lost when it is dropped', () => {
  const { view, drops } = openView(makeStore());
  putFragment(view, pattern(0, 500_000));
  const fragment = view.oldest;
  assert.ok(fragment);
  view.markReceived(fragment);
  putFragment(view, pattern(1, 700_000));
  assert.deepEqual(
    drops.map(({ lost }) => lost),
    [false],
  );
});

test('the duration limit drops the oldest; gaps between fragments do not count', () => {
  const { view, drops } = openView(makeStore(), { bufferDurationNs: 5n * SECOND });
  for (let i = 0; i < 5; i++) putFragment(view, pattern(i, 10), i * 100_000, i * 100_000 + 1_000);
  assert.equal(drops.length, 0);
  assert.equal(view.durationNs, 5n * SECOND);
  putFragment(view, pattern(5, 10), 600_000, 601_000);
  assert.deepEqual(
    drops.map(({ reason }) => reason),
    ['buffer-duration'],
  );
  assert.equal(view.oldest?.index, 1);
});

test('the item limit drops the oldest', () => {
  const { view, drops } = openView(makeStore(), { maxFrames: 11 });
  for (let i = 0; i < 13; i++) putFragment(view, pattern(i, 10), i * 1000, i * 1000 + 10);
  assert.equal(drops.length, 2);
  assert.equal(view.frameCount, 11);
});

test('with the frame policy frames go one by one and what is left begins with its key frame', () => {
  const store = makeStore();
  const { view, drops } = openView(store, { dropPolicy: 'frame', maxFrames: 20 });
  begin(view, 0);
  for (let i = 0; i < 15; i++) put(view, pattern(i, 1000), i * 10);
  begin(view, 1000);
  for (let i = 0; i < 8; i++) assert.ok(put(view, pattern(20 + i, 1000), 1000 + i * 10));
  assert.equal(drops.length, 3);
  assert.ok(drops.every(({ frames, fragment }) => frames === 1 && fragment.index === 0));
  const kept = Array.from({ length: 12 }, (_, i) => pattern(i, 1000));
  assert.deepEqual(readAll(view, 0), Buffer.concat(kept));
});

/** Fragments of ten frames of 20 kB, a second each. */
function putSeconds(view: StreamView, from: number, count: number): void {
  for (let second = from; second < from + count; second++) {
    begin(view, second * 1000);
    for (let i = 0; i < 10; i++) {
      put(view, pattern(second * 10 + i, 20_000), second * 1000 + i * 100);
    }
  }
}

test('with the key-frames policy a full store keeps the first frame of each fragment, the newest whole', () => {
  const { view, drops } = openView(makeStore(2 * MIB), { dropPolicy: 'key-frames' });
  putSeconds(view, 0, 40);
  const kept = Array.from({ length: 40 }, (_, index) => view.get(index)?.frameCount);
  assert.deepEqual(
    kept.slice(0, 30),
    Array.from({ length: 30 }, () => 1),
  );
  assert.deepEqual(kept.slice(-3), [10, 10, 10]);
  for (let i = 0; i < 30; i++) assert.deepEqual(readAll(view, i), pattern(i * 10, 20_000));
  const lost = drops.reduce((sum, { frames }) => sum + frames, 0);
  assert.equal(lost, 400 - view.frameCount, 'each is reported');
});

test('with the key-frames policy the oldest key frames go when nothing else is left', () => {
  const { view } = openView(makeStore(2 * MIB), { dropPolicy: 'key-frames' });
  putSeconds(view, 0, 200);
  assert.equal(view.get(0), undefined);
  const oldest = view.oldest?.index ?? 0;
  assert.ok(oldest > 80 && oldest < 150, `the oldest is ${oldest}`);
  assert.equal(view.get(199)?.frameCount, 10);
});

test('with the key-frames policy the duration limit holds more seconds, in fewer frames', () => {
  const options = { dropPolicy: 'key-frames', bufferDurationNs: 5n * SECOND } as const;
  const { view } = openView(makeStore(), options);
  putSeconds(view, 0, 20);
  assert.equal(view.get(0)?.frameCount, 1);
  assert.equal(view.oldest?.index, 0);
  assert.ok(view.durationNs <= 5n * SECOND);
});

test('fragments that share a chunk are not thinned for room: it would make none', () => {
  const { view, drops } = openView(makeStore(MIB), { dropPolicy: 'key-frames' });
  for (let second = 0; second < 300; second++) {
    begin(view, second * 1000);
    for (let i = 0; i < 4; i++) put(view, pattern(i, 1_000), second * 1000 + i * 100);
  }
  assert.ok(drops.length > 0);
  const whole = Array.from({ length: 150 }, (_, i) => view.get(299 - i)?.frameCount);
  assert.ok(whole.every((frames) => frames === 4));
});

test('a fragment whose last frame was cut off has lost its end-of-fragment tag with it', () => {
  const { view } = openView(makeStore(), { dropPolicy: 'frame', maxFrames: 11 });
  begin(view, 0);
  for (let i = 0; i < 10; i++) put(view, pattern(i, 100), i * 10);
  view.write(pattern(99, 84), 0, 84);
  view.complete({ endsWithEofr: true });
  assert.equal(view.get(0)?.endsWithEofr, true);
  begin(view, 1000);
  put(view, pattern(10, 10), 1010);
  put(view, pattern(11, 10), 1020);
  assert.equal(view.get(0)?.byteLength, 900);
  assert.equal(view.get(0)?.endsWithEofr, false, 'whoever sends it adds the tag');
});

test('a frame that is being sent is not cut off', () => {
  const { view } = openView(makeStore(), { dropPolicy: 'frame', maxFrames: 11 });
  begin(view, 0);
  for (let i = 0; i < 10; i++) put(view, pattern(i, 1000), i * 10);
  view.complete({ endsWithEofr: false });
  readAll(view, 0);
  begin(view, 1000);
  put(view, pattern(10, 10), 1010);
  put(view, pattern(11, 10), 1020);
  // Nothing of it could be cut, so it went whole.
  assert.equal(view.get(0), undefined);
});

test('the fragment in transmission is kept, and its memory stays while it is pinned', () => {
  const { view, drops } = openView(makeStore());
  putFragment(view, pattern(0, 300_000));
  const fragment = view.oldest;
  assert.ok(fragment);
  view.pin(fragment);
  const bytes = view.read(fragment, 0, 1000);
  for (let i = 1; i < 10; i++) putFragment(view, pattern(i, 200_000), i * 1000);
  assert.equal(view.oldest, fragment);
  assert.ok(drops.every((drop) => drop.fragment !== fragment));
  view.reject(fragment, 'rejected');
  assert.equal(view.read(fragment, 0, 10), undefined);
  putFragment(view, pattern(20, 200_000), 20_000);
  assert.deepEqual(Buffer.from(bytes ?? []), pattern(0, 300_000).subarray(0, 1000));
  view.unpin(fragment);
});

test('only when nothing else is left does the fragment being written go', () => {
  const { view, drops } = openView(makeStore());
  begin(view, 0);
  let stored = 0;
  while (drops.length === 0) {
    if (put(view, pattern(stored, 100_000), stored * 10)) stored += 1;
  }
  assert.equal(view.open, undefined);
  assert.equal(drops[0]?.frames, stored);
  assert.ok(stored >= 9);
});

test('a frame that can never fit fails alone and disturbs nothing', () => {
  const { view, drops } = openView(makeStore());
  putFragment(view, pattern(0, 1000));
  assert.throws(
    () => view.reserve(2 * MIB),
    (error: unknown) =>
      error instanceof KvsError &&
      error.code === 'STATUS_STORE_OUT_OF_MEMORY' &&
      /2097152.*1048576/.test(error.message),
  );
  assert.equal(drops.length, 0);
  assert.deepEqual(readAll(view, 0), pattern(0, 1000));
});

test('offline: a full view refuses, drops nothing, and says when there is room', async () => {
  const { view, drops } = openView(makeStore(), { mayDrop: false });
  let count = 0;
  while (putFragment(view, pattern(count, 100_000), count * 1000)) count += 1;
  assert.ok(count >= 9);
  let isRoom = false;
  const room = view.whenRoom().then(() => {
    isRoom = true;
  });
  await Promise.resolve();
  assert.equal(isRoom, false);
  const oldest = view.oldest;
  assert.ok(oldest);
  view.settle(oldest);
  await room;
  assert.ok(putFragment(view, pattern(count, 100_000), count * 1000));
  assert.equal(drops.length, 0);
});

test('offline: the buffer duration is a limit too', () => {
  const { view } = openView(makeStore(), { mayDrop: false, bufferDurationNs: 3n * SECOND });
  let count = 0;
  while (putFragment(view, pattern(count, 10), count * 1000, count * 1000 + 1000)) count += 1;
  assert.equal(count, 3);
});

test('a source that can wait goes no further ahead of the reader than it may', async () => {
  const { view } = openView(makeStore(), { mayDrop: false });
  view.aheadBytes = 300_000;
  let count = 0;
  while (putFragment(view, pattern(count, 100_000), count * 1000)) count += 1;
  assert.equal(count, 4);
  let isRoom = false;
  const room = view.whenRoom().then(() => {
    isRoom = true;
  });
  const [first, second, third] = [view.get(0), view.get(1), view.get(2)];
  assert.ok(first && second && third);
  readAll(view, 0);
  readAll(view, 1);
  await Promise.resolve();
  assert.equal(isRoom, false, 'too little was read');
  readAll(view, 2);
  await room;
  assert.ok(putFragment(view, pattern(count, 100_000), count * 1000));
});

test('a source is not ahead by what was settled unread, nor by a fragment that is not whole', async () => {
  const { view } = openView(makeStore(), { mayDrop: false });
  view.aheadBytes = 150_000;
  begin(view, 0);
  for (let i = 0; i < 5; i++) assert.ok(put(view, pattern(i, 100_000)), 'an open fragment');
  view.complete({ endsWithEofr: false });
  begin(view, 1000);
  assert.equal(put(view, pattern(9, 1000)), false);
  const room = view.whenRoom();
  const [first] = [view.get(0)];
  assert.ok(first);
  view.settle(first);
  await room;
  assert.ok(put(view, pattern(9, 1000)));
});

test('what was read between the refusal and the question is not missed', async () => {
  const { view } = openView(makeStore(), { mayDrop: false });
  view.aheadBytes = 150_000;
  let count = 0;
  while (putFragment(view, pattern(count, 100_000), count * 1000)) count += 1;
  readAll(view, 0);
  readAll(view, 1);
  await view.whenRoom();
});

test('a live stream takes what comes, however far the reader is behind', () => {
  const { view } = openView(makeStore(), { mayDrop: true });
  view.aheadBytes = 1000;
  for (let i = 0; i < 5; i++) assert.ok(putFragment(view, pattern(i, 100_000), i * 1000));
});

test('room made between the refusal and the question is not missed', async () => {
  const { view } = openView(makeStore(), { mayDrop: false });
  let count = 0;
  while (putFragment(view, pattern(count, 100_000), count * 1000)) count += 1;
  const oldest = view.oldest;
  assert.ok(oldest);
  view.settle(oldest);
  await view.whenRoom();
});

test('settled fragments in the middle are gone at once; the order of the others stays', () => {
  const store = makeStore();
  const { view } = openView(store);
  for (let i = 0; i < 5; i++) putFragment(view, pattern(i, CHUNK), i * 1000);
  const before = store.freeBytes;
  const [second, third] = [view.get(1), view.get(2)];
  assert.ok(second && third);
  view.settle(third);
  view.settle(second);
  assert.equal(view.get(1), undefined);
  assert.equal(view.firstFrom(1)?.index, 3);
  assert.equal(view.oldest?.index, 0);
  assert.ok(store.freeBytes > before);
});

test('a fragment settled while it grows goes when it is complete', () => {
  const { view } = openView(makeStore());
  begin(view, 0);
  put(view, pattern(0, 10));
  const fragment = view.newest;
  assert.ok(fragment);
  view.settle(fragment);
  assert.equal(view.get(0), fragment);
  put(view, pattern(1, 10));
  view.complete({ endsWithEofr: false });
  assert.equal(view.get(0), undefined);
});

test('what was written since the last commit can be taken back', () => {
  const { view } = openView(makeStore());
  begin(view, 0);
  put(view, pattern(0, 100));
  view.reserve(60_000);
  view.write(pattern(9, 60_000), 0, 60_000);
  view.rollback();
  put(view, pattern(1, 40_000));
  view.complete({ endsWithEofr: false });
  assert.deepEqual(readAll(view, 0), Buffer.concat([pattern(0, 100), pattern(1, 40_000)]));
});

test('streams share the store: the one that uses most gives way to one below its share', () => {
  const store = makeStore();
  const { view: greedy, drops } = openView(store);
  for (let i = 0; i < 20; i++) putFragment(greedy, pattern(i, 50_000), i * 1000);
  drops.length = 0;
  const { view: modest, drops: own } = openView(store);
  for (let i = 0; i < 5; i++) assert.ok(putFragment(modest, pattern(i, 50_000), i * 1000));
  assert.ok(drops.length > 0);
  assert.equal(own.length, 0);
  for (let i = 0; i < 5; i++) assert.deepEqual(readAll(modest, i), pattern(i, 50_000));
});

test('an offline stream leaves the share of the streams that may drop', () => {
  const store = makeStore();
  const { view: offline } = openView(store, { mayDrop: false });
  const { view: live, drops } = openView(store);
  let count = 0;
  while (putFragment(offline, pattern(count, 50_000), count * 1000)) count += 1;
  assert.ok(store.freeBytes >= MIB / 2 - 64 * 1024);
  for (let i = 0; i < 8; i++) assert.ok(putFragment(live, pattern(i, 50_000), i * 1000));
  assert.equal(drops.length, 0);
});

test('closing a view gives all its memory back', () => {
  const store = makeStore();
  const { view } = openView(store);
  for (let i = 0; i < 5; i++) putFragment(view, pattern(i, 20_000), i * 1000);
  begin(view, 9000);
  put(view, pattern(7, 7));
  view.close();
  assert.equal(store.freeBytes, store.sizeBytes);
});

test('pressure begins when 5 percent are left, of the store and of the duration', () => {
  const store = makeStore();
  const { view } = openView(store, { bufferDurationNs: 100n * SECOND });
  putFragment(view, pattern(0, 10), 0, 94_000);
  assert.equal(view.isUnderDurationPressure, false);
  putFragment(view, pattern(1, 10), 94_000, 95_000);
  assert.equal(view.isUnderDurationPressure, true);
  assert.ok(store.pool.freeChunks > store.pressureChunks);
  putFragment(view, pattern(2, 61 * CHUNK), 95_000, 95_100);
  assert.ok(store.pool.freeChunks <= store.pressureChunks);
});

test('unread counts what is behind the reading position, and grows again after a roll-back', () => {
  const { view } = openView(makeStore());
  putFragment(view, pattern(0, 1000), 0, 1000);
  putFragment(view, pattern(1, 1000), 1000, 2000);
  assert.deepEqual(view.unread(), { bytes: 2000, durationNs: 2n * SECOND });
  readAll(view, 0);
  assert.deepEqual(view.unread(), { bytes: 1000, durationNs: SECOND });
  const second = view.get(1);
  assert.ok(second);
  view.read(second, 0, 500);
  assert.deepEqual(view.unread(), { bytes: 500, durationNs: SECOND / 2n });
  const first = view.get(0);
  assert.ok(first);
  view.read(first, 0, 1);
  assert.equal(view.unread().bytes, 999 + 500);
});
