import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockWriter } from '../../src/matroska/blocks.ts';
import { createUploader } from '../../src/putmedia/uploader/uploader.ts';
import { ContentStore } from '../../src/storage/content-store.ts';
import type { DropNotice } from '../../src/storage/drops.ts';
import type { StreamView } from '../../src/storage/stream-view.ts';
import { FaultProxy } from './support/fault-proxy.ts';
import { Harness, waitFor } from './support/harness.ts';
import { makeFormat } from './support/media.ts';
import { PutMediaService } from './support/put-media-service.ts';

const FRAME_BYTES = 50_000;
const FRAMES_PER_FRAGMENT = 10;
const STORE_BYTES = 12 * 1024 * 1024;

/** Packages numbered frames into the real store, as the producer does. */
class StoreProducer {
  frames = 0;
  readonly #view: StreamView;
  readonly #format = makeFormat();
  readonly #blocks = new BlockWriter();
  readonly #frame = Buffer.alloc(FRAME_BYTES, ' ');
  #timecode = 1_795_000_000_000n;

  constructor(view: StreamView) {
    this.#view = view;
  }

  async fragment(): Promise<void> {
    for (let frame = 0; frame < FRAMES_PER_FRAGMENT; frame++) await this.#put(frame);
  }

  async #put(inFragment: number): Promise<void> {
    while (!this.#view.reserve(FRAME_BYTES + 64)) await this.#view.whenRoom();
    const startNs = this.#timecode * 1_000_000n;
    if (inFragment === 0) {
      const format = this.#format;
      this.#view.begin({ format, timecode: this.#timecode, startNs, arrivedMs: 0 });
      this.#blocks.writeClusterHeader(this.#view, this.#timecode);
    }
    this.#frame.write(`${this.frames++} `);
    const flags = { isKeyFrame: inFragment === 0 };
    this.#blocks.writeSimpleBlockHeader(this.#view, 1, inFragment * 40, flags, FRAME_BYTES);
    this.#view.write(this.#frame, 0, FRAME_BYTES);
    const endNs = startNs + 40_000_000n;
    this.#view.commit({ endNs, ptsNs: startNs, dtsNs: startNs, isKeyFrame: inFragment === 0 });
    if (inFragment === FRAMES_PER_FRAGMENT - 1) this.#timecode += BigInt(FRAMES_PER_FRAGMENT * 40);
  }
}

async function withStore(
  streamingType: 'realtime' | 'offline',
  run: (rig: {
    service: PutMediaService;
    proxy: FaultProxy;
    view: StreamView;
    producer: StoreProducer;
    uploader: Harness['uploader'];
    dropped: DropNotice[];
    errors: string[];
  }) => Promise<void>,
): Promise<void> {
  await using service = new PutMediaService();
  await service.listen();
  await using proxy = new FaultProxy();
  await proxy.listen(service.port);
  const store = new ContentStore(STORE_BYTES);
  const dropped: DropNotice[] = [];
  const view = store.openView({
    mayDrop: streamingType === 'realtime',
    dropPolicy: 'fragment',
    bufferDurationNs: 3_600_000_000_000n,
    onDrop: (notice) => dropped.push(notice),
  });
  // The harness lends its control plane, agents and clock; the source is the real one.
  using harness = new Harness({ endpoint: `http://localhost:${proxy.port}` });
  const errors: string[] = [];
  const uploader = createUploader(harness.settings, {
    ...harness.dependencies,
    source: view,
    events: { ...harness.dependencies.events, error: (error) => errors.push(error.message) },
  });
  try {
    const producer = new StoreProducer(view);
    await run({ service, proxy, view, producer, uploader, dropped, errors });
    assert.deepEqual(service.problems, []);
  } finally {
    uploader.close();
    view.close();
  }
}

test('a network too slow for realtime drops whole fragments, in one session of valid Matroska', async () => {
  await withStore(
    'realtime',
    async ({ service, proxy, view, producer, uploader, dropped, errors }) => {
      proxy.up.bandwidth = 10_000_000;
      uploader.start();
      for (let fragment = 0; fragment < 80; fragment++) {
        await producer.fragment();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      view.complete({ endsWithEofr: false });
      await uploader.drain(30_000);
      const fragments = service.sessions.flatMap((session) => session.fragments);
      for (const { frames } of fragments) {
        const first = frames[0] ?? -1;
        assert.deepEqual(
          frames,
          Array.from({ length: FRAMES_PER_FRAGMENT }, (_, index) => first + index),
          'a fragment arrives whole or not at all',
        );
      }
      const persisted = fragments.filter(({ isPersisted }) => isPersisted);
      const lost = dropped.filter((notice) => notice.lost).map(({ fragment }) => fragment);
      assert.ok(lost.length > 5, `${lost.length} fragments were dropped`);
      assert.ok(persisted.length < 80, 'not all could be sent');
      // Each is either with the service or reported as lost: also those dropped on their way there.
      assert.equal(persisted.length + lost.length, 80);
      assert.equal(new Set([...persisted, ...lost].map(({ timecode }) => timecode)).size, 80);
      assert.equal(service.sessions.length, 1);
      assert.deepEqual(errors, []);
      assert.equal(view.oldest, undefined);
    },
  );
});

test('offline with a store smaller than the data and a network that breaks: every fragment is persisted', async () => {
  await withStore('offline', async ({ service, proxy, view, producer, uploader, dropped }) => {
    uploader.start();
    for (let fragment = 0; fragment < 80; fragment++) {
      await producer.fragment();
      if (fragment % 25 === 24) proxy.reset();
    }
    view.complete({ endsWithEofr: false });
    await uploader.drain(30_000);
    const persisted = [...new Set(service.persistedFrames)].toSorted((a, b) => a - b);
    assert.deepEqual(persisted, [...Array(800).keys()]);
    assert.deepEqual(dropped, []);
    assert.equal(view.oldest, undefined);
  });
});

test('a stalled network holds one fragment in place while realtime goes on dropping around it', async () => {
  await withStore('realtime', async ({ service, proxy, view, producer, uploader, dropped }) => {
    uploader.start();
    await producer.fragment();
    await waitFor(() => service.sessions[0]?.fragments[0]?.frames.length === 10, 'it streams');
    proxy.up.isStalled = true;
    for (let fragment = 0; fragment < 120; fragment++) await producer.fragment();
    assert.ok(dropped.length > 50, `${dropped.length} were dropped`);
    proxy.resume();
    view.complete({ endsWithEofr: false });
    await uploader.drain(30_000);
    for (const { frames } of service.sessions.flatMap((session) => session.fragments)) {
      assert.equal(frames.length, FRAMES_PER_FRAGMENT);
    }
    assert.equal(service.sessions.length, 1);
  });
});

/** Sends 40 fragments, of which the store holds 24, and none of which is heard of: they arrive. */
async function sendUnheard({
  service,
  proxy,
  producer,
  uploader,
}: Parameters<Parameters<typeof withStore>[1]>[0]): Promise<void> {
  uploader.start();
  const arrived = (count: number): boolean => {
    const fragments = service.sessions[0]?.fragments ?? [];
    return fragments.length === count && fragments.at(-1)?.frames.length === FRAMES_PER_FRAGMENT;
  };
  await producer.fragment();
  await waitFor(() => arrived(1), 'it streams');
  proxy.down.isStalled = true;
  for (let count = 2; count <= 40; count++) {
    await producer.fragment();
    await waitFor(() => arrived(count), `fragment ${count} arrives`);
  }
}

test('what the store had to drop on its way to the service is not lost when its acknowledgement comes late', async () => {
  await withStore('realtime', async (rig) => {
    const { service, proxy, view, uploader, dropped, errors } = rig;
    await sendUnheard(rig);
    assert.ok((view.oldest?.index ?? 0) > 10, 'the store did drop');
    assert.deepEqual(dropped, []);
    proxy.resume();
    view.complete({ endsWithEofr: false });
    await uploader.drain(30_000);
    assert.deepEqual(service.persistedFrames, [...Array(400).keys()]);
    assert.deepEqual(dropped, []);
    assert.deepEqual(errors, []);
  });
});

test('… and is lost when its connection breaks before', async () => {
  await withStore('realtime', async (rig) => {
    const { proxy, view, dropped } = rig;
    await sendUnheard(rig);
    const gone = view.oldest?.index ?? 0;
    assert.equal(dropped.length, 0);
    proxy.down.isStalled = false;
    proxy.reset();
    await waitFor(() => dropped.length > 0, 'it is reported');
    assert.deepEqual(
      dropped.map(({ fragment, lost, reason }) => [fragment.index, lost, reason]),
      Array.from({ length: gone }, (_, index) => [index, true, 'storage-full']),
    );
  });
});
