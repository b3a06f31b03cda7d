import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ContentStore } from '../../src/storage/content-store.ts';
import type { StoredFragment } from '../../src/storage/stored-fragment.ts';
import type { StreamView } from '../../src/storage/stream-view.ts';
import { begin, MIB, openView, pattern, put } from './support.ts';

/** What a view should hold: plain bytes. */
type ModelFragment = { index: number; bytes: Buffer; frames: number; complete: boolean };
type ModelView = { held: ModelFragment[]; next: number; seed: number };

type Action =
  | { kind: 'begin' }
  | { kind: 'frame'; length: number }
  | { kind: 'rollback'; length: number }
  | { kind: 'complete' }
  | { kind: 'read'; at: number; step: number }
  | { kind: 'settle'; at: number }
  | { kind: 'reject'; at: number }
  | { kind: 'pin'; at: number }
  | { kind: 'unpin' }
  | { kind: 'reconnect' };

const at = fc.nat(20);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'begin' } as const) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('frame' as const),
      length: fc.integer({ min: 1, max: 120_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rollback' as const),
      length: fc.integer({ min: 1, max: 60_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'complete' } as const) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      at,
      step: fc.integer({ min: 1, max: 100_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reject' as const), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pin' as const), at }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'unpin' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' } as const) },
);

/** Runs actions against a view and the model of it, and compares after each. */
class Comparison {
  readonly #view: StreamView;
  readonly #model: ModelView = { held: [], next: 0, seed: 0 };
  readonly #pinned: { fragment: StoredFragment; view: Uint8Array; copy: Buffer }[] = [];

  constructor(store: ContentStore, mayDrop: boolean) {
    const { view } = openView(store, {
      mayDrop,
      onDrop: ({ fragment, frames }) => {
        const dropped = this.#model.held.find(({ index }) => index === fragment.index);
        assert.equal(frames, dropped?.frames ?? 0);
        this.#model.held = this.#model.held.filter((held) => held !== dropped);
      },
    });
    this.#view = view;
  }

  run(action: Action): void {
    const view = this.#view;
    const model = this.#model;
    switch (action.kind) {
      case 'begin':
        this.#completeOpen();
        begin(view, model.next);
        model.held.push({
          index: model.next++,
          bytes: Buffer.alloc(0),
          frames: 0,
          complete: false,
        });
        break;
      case 'frame': {
        if (view.open === undefined) break;
        const bytes = pattern(model.seed++, action.length);
        const index = view.open.index;
        if (!put(view, bytes)) break;
        const open = model.held.find((held) => held.index === index);
        assert.ok(open);
        open.bytes = Buffer.concat([open.bytes, bytes]);
        open.frames += 1;
        break;
      }
      case 'rollback':
        if (view.open === undefined || !view.reserve(action.length)) break;
        if (view.open === undefined) break;
        view.write(pattern(99, action.length), 0, action.length);
        view.rollback();
        break;
      case 'complete':
        this.#completeOpen();
        view.complete({ endsWithEofr: false });
        break;
      case 'read': {
        const fragment = this.#pick(action.at);
        if (fragment === undefined) break;
        const from = Math.floor(fragment.byteLength / 3);
        const bytes = view.read(fragment, from, action.step);
        const expected = this.#bytesOf(fragment).subarray(from, from + (bytes?.length ?? 0));
        assert.deepEqual(Buffer.from(bytes ?? []), Buffer.from(expected));
        if (fragment.byteLength > from) assert.ok(bytes !== undefined && bytes.length > 0);
        break;
      }
      case 'settle':
      case 'reject': {
        const fragment = this.#pick(action.at);
        if (fragment === undefined || (action.kind === 'settle' && !fragment.complete)) break;
        if (action.kind === 'reject') {
          view.reject(fragment, 'rejected');
        } else {
          view.settle(fragment);
          model.held = model.held.filter(({ index }) => index !== fragment.index);
        }
        break;
      }
      case 'pin': {
        const fragment = this.#pick(action.at);
        const bytes = fragment && view.read(fragment, 0, 50_000);
        if (fragment === undefined || bytes === undefined || this.#pinned.length > 2) break;
        view.pin(fragment);
        this.#pinned.push({ fragment, view: bytes, copy: Buffer.from(bytes) });
        break;
      }
      case 'unpin': {
        const pinned = this.#pinned.shift();
        if (pinned !== undefined) view.unpin(pinned.fragment);
        break;
      }
      case 'reconnect':
        for (const { index, bytes } of model.held) {
          const fragment = view.get(index);
          assert.ok(fragment);
          const first = view.read(fragment, 0, 1 << 30);
          if (bytes.length > 0) assert.equal(first?.[0], bytes[0]);
        }
        break;
    }
    this.check();
  }

  check(): void {
    const view = this.#view;
    const { held } = this.#model;
    assert.deepEqual(
      this.#indices(),
      held.map(({ index }) => index),
    );
    assert.equal(
      view.byteLength,
      held.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    assert.equal(
      view.frameCount,
      held.reduce((sum, { frames }) => sum + frames, 0),
    );
    for (const { view: bytes, copy } of this.#pinned) assert.deepEqual(Buffer.from(bytes), copy);
  }

  close(): void {
    for (const { index, bytes } of this.#model.held) {
      const fragment = this.#view.get(index);
      assert.ok(fragment);
      assert.equal(fragment.byteLength, bytes.length);
    }
    for (const { fragment } of this.#pinned) this.#view.unpin(fragment);
    this.#view.close();
  }

  #completeOpen(): void {
    const open = this.#model.held.find(({ complete }) => !complete);
    if (open !== undefined) open.complete = true;
  }

  #pick(at: number): StoredFragment | undefined {
    const { held } = this.#model;
    const chosen = held[at % Math.max(1, held.length)];
    return chosen === undefined ? undefined : this.#view.get(chosen.index);
  }

  #bytesOf(fragment: StoredFragment): Buffer {
    return this.#model.held.find(({ index }) => index === fragment.index)?.bytes ?? Buffer.alloc(0);
  }

  #indices(): number[] {
    const indices: number[] = [];
    for (let f = this.#view.firstFrom(0); f !== undefined; f = this.#view.firstFrom(f.index + 1)) {
      indices.push(f.index);
    }
    return indices;
  }
}

const STREAMS = 2;

for (const mayDrop of [true, false]) {
  test(`${mayDrop ? 'dropping' : 'blocking'} views do what plain lists of bytes would`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(STREAMS - 1), action), { maxLength: 120, size: 'max' }),
        (actions) => {
          const store = new ContentStore(MIB);
          const views = Array.from({ length: STREAMS }, () => new Comparison(store, mayDrop));
          for (const [stream, one] of actions) {
            views[stream]?.run(one);
            for (const view of views) view.check();
          }
          for (const view of views) view.close();
          assert.equal(store.freeBytes, store.sizeBytes);
        },
      ),
      { numRuns: 150 },
    );
  });
}
