import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CameraSet } from '../../../src/cli/rtsp/camera-set.ts';
import { type Camera, DEFAULTS } from '../../../src/cli/rtsp/network-camera.ts';
import { KvsError } from '../../../src/errors/kvs-error.ts';

type Kept = {
  readonly camera: Camera;
  stops: number;
  end(code: number): void;
  fail(error: Error): void;
};

function camera(name: string, more: Partial<Camera> = {}): Camera {
  return {
    name,
    url: `rtsp://${name}/`,
    user: undefined,
    password: undefined,
    streamName: name,
    sink: [],
    ...DEFAULTS,
    ...more,
  };
}

/** A set whose cameras are ended by hand. */
function cameras() {
  const kept: Kept[] = [];
  const lines: string[] = [];
  const set = new CameraSet(
    (each) => {
      let end: (code: number) => void = () => {};
      let fail: (error: Error) => void = () => {};
      const ended = new Promise<number>((resolve, reject) => {
        end = resolve;
        fail = reject;
      });
      const entry: Kept = { camera: each, stops: 0, end, fail };
      kept.push(entry);
      return {
        run: () => ended,
        stop: () => {
          entry.stops += 1;
        },
      };
    },
    ({ name }, text) => lines.push(`${name}: ${text}`),
  );
  return { set, kept, lines, names: () => kept.map((each) => each.camera.name) };
}

describe('cameras that are streamed side by side', () => {
  it('begin, change and end by the list; those that are in it unchanged go on', async () => {
    const { set, kept, names } = cameras();
    assert.deepEqual(set.apply([camera('a'), camera('b'), camera('c')]), {
      added: ['a', 'b', 'c'],
      changed: [],
      removed: [],
    });
    await setImmediate();
    const changed = camera('b', { latencyMs: 500 });
    assert.deepEqual(set.apply([camera('a'), changed, camera('d')]), {
      added: ['d'],
      changed: ['b'],
      removed: ['c'],
    });
    await setImmediate();
    assert.deepEqual(
      kept.map(({ stops }) => stops),
      [0, 1, 1, 0],
    );
    assert.deepEqual(names(), ['a', 'b', 'c', 'd'], 'b has not sent everything yet');
    kept[1]?.end(0);
    await setImmediate();
    assert.equal(kept[4]?.camera, changed);
  });

  it('wait for the one that still sends to their stream', async () => {
    const { set, kept, names } = cameras();
    set.apply([camera('old', { streamName: 'door' })]);
    await setImmediate();
    set.apply([camera('new', { streamName: 'door' })]);
    await setImmediate();
    assert.deepEqual(names(), ['old']);
    kept[0]?.end(0);
    await setImmediate();
    assert.deepEqual(names(), ['old', 'new']);
  });

  it('do not begin if the list has lost them while they waited', async () => {
    const { set, kept, names } = cameras();
    set.apply([camera('a')]);
    await setImmediate();
    set.apply([camera('a', { latencyMs: 1 })]);
    set.apply([camera('a', { latencyMs: 2 })]);
    kept[0]?.end(0);
    await setImmediate();
    assert.deepEqual(names(), ['a', 'a']);
    assert.equal(kept[1]?.camera.latencyMs, 2);
    assert.equal(kept[0]?.stops, 1, 'a second stop would have meant: at once');
  });

  it('all end when they are stopped, and at once the second time', async () => {
    const { set, kept } = cameras();
    set.apply([camera('a'), camera('b')]);
    await setImmediate();
    set.apply([camera('b')]);
    set.stop();
    assert.deepEqual(
      kept.map(({ stops }) => stops),
      [1, 1],
      'the removed one is ending already',
    );
    set.stop();
    assert.deepEqual(
      kept.map(({ stops }) => stops),
      [2, 2],
    );
    kept[0]?.end(0);
    kept[1]?.end(130);
    assert.equal(await set.ended(), 130);
  });

  it('that can never be connected to do not disturb the others, and try again with a new list', async () => {
    const { set, kept, lines } = cameras();
    set.apply([camera('a'), camera('b')]);
    await setImmediate();
    kept[0]?.fail(
      new KvsError('STATUS_INVALID_ARG', 'No such property', { advice: 'Correct it.' }),
    );
    await setImmediate();
    assert.deepEqual(lines, ['a: No such property\nCorrect it.']);
    assert.equal(kept[1]?.stops, 0);
    assert.deepEqual(set.apply([camera('a'), camera('b')]).added, ['a']);
    await setImmediate();
    set.stop();
    for (const each of kept) each.end(0);
    assert.equal(await set.ended(), 0, 'it had another chance, and took it');
  });

  for (const [codes, expected] of [
    [[0, 0], 0],
    [[0, 3], 3],
    [[3, 3], 3],
    [[3, 4], 1],
    [[1, 4], 1],
  ] as const) {
    it(`end with ${expected} after ${codes.join(' and ')}`, async () => {
      const { set, kept } = cameras();
      set.apply([camera('a'), camera('b')]);
      await setImmediate();
      for (const [index, code] of codes.entries()) kept[index]?.end(code);
      assert.equal(await set.ended(), expected);
    });
  }
});
