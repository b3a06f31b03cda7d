import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameInterval } from '../../../src/host/times/frame-interval.ts';
import { MS, S, Simulation } from './simulation.ts';

test('one PTS for all frames of a live source: each has the time of its arrival, reported once', () => {
  for (const isLive of [true, false, undefined]) {
    const simulation = new Simulation({}, isLive);
    for (let index = 0n; index < 90n; index += 1n) {
      simulation.push({ pts: 0n, arrival: (index * S) / 30n, isKeyFrame: index % 30n === 0n });
    }
    // Until the source has shown its pace, the assumed rate may put frames ahead.
    const tolerance = isLive === true ? 20n * MS : 400n * MS;
    assert.ok(simulation.worstErrorNs <= tolerance, `${isLive}: ${simulation.worstErrorNs}`);
    assert.equal(simulation.firstStepBack, undefined);
    assert.deepEqual(
      simulation.untimed.map(({ cause, by }) => [cause, by]),
      [['repeated', 'arrival']],
    );
    assert.deepEqual(simulation.leaps, []);
  }
});

test('a PTS that stands for a while and is right again', () => {
  const simulation = new Simulation({}, true);
  for (let index = 0n; index < 180n; index += 1n) {
    const at = (index * S) / 30n;
    const stands = at >= 2n * S && at < 4n * S;
    simulation.push({ pts: stands ? 2n * S : at, arrival: at });
  }
  assert.ok(simulation.worstErrorNs <= 20n * MS, `${simulation.worstErrorNs}`);
  assert.equal(simulation.firstStepBack, undefined);
});

test('a PTS that goes on where it stood is taken for a clock that was set back', () => {
  const simulation = new Simulation({}, true);
  for (let index = 0n; index < 180n; index += 1n) {
    const at = (index * S) / 30n;
    const pts = at < 2n * S ? at : at < 4n * S ? 2n * S : at - 2n * S + 33n * MS;
    simulation.push({ pts, arrival: at });
  }
  assert.ok(simulation.worstErrorNs <= 50n * MS, `${simulation.worstErrorNs}`);
  assert.equal(simulation.firstStepBack, undefined);
  assert.equal(simulation.leaps.length, 1);
});

test('two buffers per picture: the second is in the middle, and nothing is reported', () => {
  const simulation = new Simulation({ frameIntervalNs: 40n * MS }, true);
  for (let index = 0n; index < 100n; index += 1n) {
    const at = index * 40n * MS;
    simulation.push({ pts: at, arrival: at });
    const field = simulation.push({ pts: at, arrival: at + 35n * MS, isKeyFrame: false });
    assert.equal(field, at + 20n * MS);
  }
  assert.deepEqual(simulation.untimed, []);
});

test('a file without times has the rate of its caps, offline and in realtime', () => {
  for (const streamingType of ['offline', 'realtime'] as const) {
    const simulation = new Simulation({ streamingType }, false);
    for (let index = 0n; index < 90n; index += 1n) {
      const frame = { pts: undefined, arrival: index * 100_000n, isKeyFrame: index === 0n };
      assert.equal(simulation.push(frame, { intervalNs: 33_333_333n }), index * 33_333_333n);
    }
    assert.deepEqual(simulation.untimed, [
      {
        track: 1,
        cause: 'missing',
        by: 'frame-rate',
        intervalNs: 33_333_333n,
        isAssumed: false,
      },
    ]);
  }
});

test('where the caps have no rate the property counts, and it is said to be assumed', () => {
  const simulation = new Simulation({ frameIntervalNs: 100n * MS }, false);
  for (let index = 0n; index < 30n; index += 1n) {
    assert.equal(simulation.push({ pts: undefined, arrival: index * MS }), index * 100n * MS);
  }
  assert.deepEqual(
    simulation.untimed.map(({ isAssumed, intervalNs }) => [isAssumed, intervalNs]),
    [[true, 100n * MS]],
  );
});

test('a camera that does not say it is live shows its pace within a second', () => {
  for (const rate of [5n, 15n, 30n, 60n]) {
    const simulation = new Simulation({}, undefined);
    for (let index = 0n; index < rate * 20n; index += 1n) {
      simulation.push({ pts: undefined, arrival: (index * S) / rate });
    }
    const { stamp = 0n, arrival = 0n } = simulation.frames.at(-1) ?? {};
    assert.ok(stamp - arrival >= 0n && stamp - arrival < S, `${rate} Hz: ${stamp - arrival}`);
    assert.equal(simulation.untimed[0]?.by, 'arrival');
  }
});

test('times on key frames only: the others follow at their rate', () => {
  const simulation = new Simulation({ streamingType: 'offline' });
  for (let index = 0n; index < 90n; index += 1n) {
    const isKeyFrame = index % 30n === 0n;
    const pts = isKeyFrame ? (index * S) / 30n : undefined;
    const stamp = simulation.push({ pts, arrival: 0n, isKeyFrame }, { intervalNs: 33_333_333n });
    assert.ok(stamp - (index * S) / 30n <= 0n && (index * S) / 30n - stamp < 1_000n);
  }
});

test('durations that are those of the arrivals are kept; others give way to the arrivals', () => {
  const simulation = new Simulation({}, true);
  for (let index = 0n; index < 300n; index += 1n) {
    const arrival = (index * S) / 30n + ((index * 7n) % 20n) * MS;
    simulation.push({ pts: undefined, arrival, duration: 33_333_333n });
  }
  assert.ok((simulation.frames.at(-1)?.stamp ?? 0n) % 33_333_333n === 0n);
  const wrong = new Simulation({}, true);
  for (let index = 0n; index < 3000n; index += 1n) {
    wrong.push({ pts: undefined, arrival: (index * S) / 30n, duration: 40n * MS });
  }
  assert.ok(wrong.worstErrorNs < 400n * MS, `${wrong.worstErrorNs}`);
});

test('the distance of frames by their caps', () => {
  const of = (name: string, fields: Record<string, string | number>, bytes = 160) =>
    frameInterval({ name, fields })(bytes);
  assert.equal(of('video/x-h264', { framerate: '30000/1001' }), 33_366_667n);
  assert.equal(of('video/x-h264', { framerate: '0/1' }), undefined);
  assert.equal(of('video/x-h264', {}), undefined);
  assert.equal(of('audio/mpeg', { rate: 48_000 }), 21_333_333n);
  assert.equal(of('audio/x-alaw', { rate: 8_000, channels: 1 }), 20n * MS);
  assert.equal(of('audio/x-mulaw', { rate: 8_000, channels: 2 }, 640), 40n * MS);
});
