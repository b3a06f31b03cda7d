import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MS, S, Simulation, WALL } from './simulation.ts';

/** Every frame within a jitter of its arrival, none before another. */
function assertAtArrival(simulation: Simulation, toleranceNs: bigint): void {
  assert.ok(simulation.worstErrorNs <= toleranceNs, `${simulation.worstErrorNs} ns off`);
  assert.equal(simulation.firstStepBack, undefined);
}

const WRAP_32 = (2n ** 32n * 100_000n) / 9n;
const WRAP_33 = (2n ** 33n * 100_000n) / 9n;

for (const [name, by] of [
  ['an hour ahead', 3600n * S],
  ['a day back', -86_400n * S],
  ['back to 0', -100n * S],
  ['four seconds ahead', 4n * S],
  ['a second back', -S],
] as const) {
  for (const isLive of [true, undefined]) {
    test(`a ${isLive ? 'live' : 'paced'} source that leaps ${name} goes on at the time of arrival`, () => {
      const simulation = new Simulation({}, isLive);
      const shift = 100_000n * S;
      simulation.video(100n * S, 110n * S, shift);
      simulation.video(110n * S, 120n * S, shift + by);
      assertAtArrival(simulation, MS);
      assert.equal(simulation.leaps.length, 1);
      assert.equal(simulation.leaps[0]?.treatment, 'arrival');
      assert.equal(simulation.leaps[0]?.afterNs, shift + by + 110n * S);
      assert.deepEqual(
        simulation.frames.filter((frame) => frame.beginsTimeline).map(({ arrival }) => arrival),
        [110n * S],
      );
    });
  }
}

test('a leap at a P frame is right at once, and the next key frame begins a fragment', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 5n * S + 500n * MS, 0n);
  simulation.video(5n * S + 500n * MS, 8n * S, -5n * S);
  assertAtArrival(simulation, MS);
  const begins = simulation.frames.filter((frame) => frame.beginsTimeline);
  assert.deepEqual(
    begins.map(({ arrival }) => arrival),
    [6n * S],
  );
});

for (const [name, wrap] of [
  ['32 bits of 90 kHz', WRAP_32],
  ['33 bits of 90 kHz', WRAP_33],
  ['32 bits of milliseconds', 2n ** 32n * MS],
] as const) {
  test(`a counter of ${name} wraps without a trace`, () => {
    const simulation = new Simulation({}, true);
    const start = wrap - 4n * S;
    const jitter = (at: bigint) => at + ((at / MS) % 7n) * 5n * MS;
    for (let index = 0n; index < 240n; index += 1n) {
      const at = (index * S) / 30n;
      simulation.push({ pts: (start + at) % wrap, arrival: jitter(at), isKeyFrame: false });
    }
    assert.deepEqual(
      simulation.leaps.map(({ treatment }) => treatment),
      ['wrap'],
    );
    for (const [index, { stamp }] of simulation.frames.entries()) {
      assert.equal(stamp, (BigInt(index) * S) / 30n);
    }
  });
}

test('pictures on both sides of a wrap may come out of order', () => {
  const simulation = new Simulation({}, true);
  const start = WRAP_33 - 4n * S;
  // Decoding order of I P B B: the P is shown behind the two that follow it.
  const order = [0n, 3n, 1n, 2n];
  for (let index = 0; index < 240; index += 1) {
    const shown = BigInt(index - (index % 4)) + (order[index % 4] ?? 0n);
    const pts = (start + (shown * S) / 30n) % WRAP_33;
    const stamp = simulation.push({ pts, arrival: (BigInt(index) * S) / 30n, isKeyFrame: false });
    assert.equal(stamp, (shown * S) / 30n);
  }
});

test('both tracks of a source that restarts continue with the same offset', () => {
  const simulation = new Simulation({}, true);
  for (let index = 0n; index < 1000n; index += 1n) {
    const at = index * 20n * MS;
    const isAfter = at >= 10n * S;
    const pts = isAfter ? at - 10n * S : at;
    // Sound is 300 ms ahead of the picture on its way.
    simulation.push({ track: 2, pts: pts + 300n * MS, arrival: at });
    if (index % 2n === 0n) simulation.push({ pts, arrival: at + ((index * 13n) % 50n) * MS });
  }
  assert.equal(simulation.leaps.length, 2);
  const offsets = [1, 2].map((track) => simulation.mapper.peek(track, 0n));
  assert.equal(offsets[0], offsets[1]);
  assert.ok(simulation.worstErrorNs < 400n * MS);
});

test('a leap of one track leaves the other one alone', () => {
  const simulation = new Simulation({}, true);
  for (let index = 0n; index < 500n; index += 1n) {
    const at = index * 40n * MS;
    simulation.push({ pts: at, arrival: at });
    simulation.push({ track: 2, pts: at > 8n * S ? at + 3600n * S : at, arrival: at });
  }
  assertAtArrival(simulation, MS);
  assert.deepEqual(
    simulation.leaps.map(({ track }) => track),
    [2],
  );
});

test('a track whose clock is an hour off joins at the time of its arrival', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 2n * S);
  assert.equal(simulation.push({ track: 2, pts: 3600n * S, arrival: 2n * S }), 2n * S);
  assert.equal(simulation.push({ track: 2, pts: 3601n * S, arrival: 3n * S }), 3n * S);
});

test('a source that alternates between two timelines finds its own again', () => {
  const simulation = new Simulation({}, true);
  for (let second = 0n; second < 20n; second += 1n) {
    simulation.video(second * S, (second + 1n) * S, second % 2n === 0n ? 0n : 7200n * S);
  }
  assertAtArrival(simulation, MS);
  assert.equal(simulation.leaps.length, 19);
});

test('several leaps in a row are each followed', () => {
  const simulation = new Simulation({}, true);
  for (let second = 0n; second < 20n; second += 1n) {
    simulation.video(second * S, (second + 1n) * S, -second * S);
  }
  assertAtArrival(simulation, MS);
});

test('a gap in which arrivals and times both move is no leap', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 10n * S);
  simulation.video(21n * S, 30n * S);
  assertAtArrival(simulation, 0n);
  assert.deepEqual(simulation.leaps, []);
});

test('what an application held back for a minute keeps the times at which it was made', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 10n * S);
  // 60 s of frames in 12 s.
  for (let index = 0n; index < 1800n; index += 1n) {
    const stamp = simulation.push({
      pts: 10n * S + (index * S) / 30n,
      arrival: 70n * S + (index * S) / 150n,
      isKeyFrame: index % 30n === 0n,
    });
    assert.equal(stamp, 10n * S + (index * S) / 30n);
  }
  const before = simulation.frames.length;
  simulation.video(82n * S, 110n * S, -12n * S + 12n * S);
  assert.deepEqual(simulation.leaps, []);
  for (const { stamp, arrival } of simulation.frames.slice(before)) {
    assert.ok(stamp - arrival < 300n * MS && arrival - stamp < 300n * MS);
  }
});

test('a clock that stood still is left behind after three seconds, at a key frame', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 10n * S);
  // A pipeline that was paused: the running time goes on where it was.
  simulation.video(70n * S, 90n * S, -60n * S);
  const late = simulation.frames.filter(({ stamp, arrival }) => arrival - stamp > 3n * S);
  assert.ok(late.every(({ arrival }) => arrival < 74n * S));
  assert.equal(simulation.leaps.length, 1);
  assert.equal(simulation.firstStepBack, undefined);
  assert.equal(simulation.frames.find((frame) => frame.beginsTimeline)?.arrival, 73n * S);
});

test('a clock that stood still is told beside a jitter of 0.4 s', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 10n * S);
  for (let index = 0n; index < 600n; index += 1n) {
    const at = 20n * S + (index * S) / 30n;
    const jitter = ((index * 7919n) % 401n) * MS;
    simulation.push({ pts: at - 10n * S, arrival: at + jitter, isKeyFrame: index % 30n === 0n });
  }
  const [leap, ...more] = simulation.leaps;
  assert.ok(leap !== undefined && more.length === 0);
  const late = simulation.frames.filter(({ stamp, arrival }) => arrival - stamp > 3n * S);
  assert.ok(late.every(({ arrival }) => arrival < 25n * S));
});

test('frames of an encoder slower than its source keep the times at which they were taken', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 10n * S);
  // Half as fast: a minute of film takes two.
  for (let index = 0n; index < 1800n; index += 1n) {
    const pts = 10n * S + (index * S) / 30n;
    const arrival = 10n * S + (index * S) / 15n;
    const stamp = simulation.push({ pts, arrival, isKeyFrame: index % 30n === 0n });
    // At first it may be a clock that drifts, which is followed by two in a thousand.
    assert.ok(stamp - pts >= 0n && stamp - pts < 20n * MS, `${pts}: ${stamp}`);
  }
  assert.deepEqual(simulation.leaps, []);
});

test('a network that delivers in bursts of two seconds changes nothing', () => {
  const simulation = new Simulation({}, true);
  for (let index = 0n; index < 3000n; index += 1n) {
    const pts = (index * S) / 30n;
    const burst = ((pts + 2n * S - 1n) / (2n * S)) * 2n * S;
    assert.equal(simulation.push({ pts, arrival: burst, isKeyFrame: index % 30n === 0n }), pts);
  }
  assert.deepEqual(simulation.leaps, []);
});

test('a file that runs as fast as it can keeps its media time, holes and all', () => {
  for (const isLive of [false, undefined]) {
    const simulation = new Simulation({}, isLive);
    for (let index = 0n; index < 3000n; index += 1n) {
      const pts = (index * S) / 30n + (index >= 1500n ? 20n * S : 0n);
      const arrival = (index * S) / 900n;
      assert.equal(simulation.push({ pts, arrival, isKeyFrame: index % 30n === 0n }), pts);
    }
    assert.deepEqual(simulation.leaps, []);
  }
});

test('a file that is slowed down keeps its media time', () => {
  const simulation = new Simulation({}, false);
  for (let index = 0n; index < 9000n; index += 1n) {
    const pts = (index * S) / 30n;
    assert.equal(simulation.push({ pts, arrival: pts * 3n, isKeyFrame: index % 30n === 0n }), pts);
  }
});

for (const streamingType of ['offline', 'realtime'] as const) {
  test(`${streamingType}: a file that restarts continues after what was sent, and this is reported`, () => {
    const simulation = new Simulation({ streamingType, fileStartTimeS: 1_600_000_000n }, false);
    const first = simulation.push({ pts: 0n, arrival: 0n });
    for (let index = 1n; index < 300n; index += 1n) {
      const pts = ((index % 150n) * S) / 30n;
      simulation.push({ pts, arrival: index * MS, isKeyFrame: index % 30n === 0n });
      simulation.push({ track: 2, pts, arrival: index * MS });
    }
    assert.equal(simulation.firstStepBack, undefined);
    const video = simulation.frames.filter(({ track }) => track === 1);
    assert.ok(first !== undefined && video[150] !== undefined);
    assert.equal(video[150].stamp - first - (149n * S) / 30n, MS);
    assert.deepEqual(
      simulation.leaps.map(({ track, treatment }) => [track, treatment]),
      [
        [1, 'behind-stored'],
        [2, 'behind-stored'],
      ],
    );
    assert.equal(simulation.mapper.peek(1, 0n), simulation.mapper.peek(2, 0n));
  });
}

test('offline: a jump forward is kept, and reported', () => {
  const simulation = new Simulation({ streamingType: 'offline' });
  simulation.push({ pts: 0n, arrival: 0n });
  simulation.push({ pts: 40n * MS, arrival: 0n });
  assert.equal(simulation.push({ pts: 3600n * S, arrival: 0n }), 3600n * S);
  assert.deepEqual(
    simulation.leaps.map(({ treatment, beforeNs }) => [treatment, beforeNs]),
    [['kept', 40n * MS]],
  );
});

test('offline: pictures that are a minute apart are not said to leap each time', () => {
  const simulation = new Simulation({ streamingType: 'offline' });
  for (let index = 0n; index < 10n; index += 1n) {
    simulation.push({ pts: index * 60n * S, arrival: 0n });
  }
  assert.equal(simulation.leaps.length, 1);
});

for (const ppm of [500n, -500n, 50n]) {
  test(`a clock that is ${ppm} ppm off is followed for a day without a jump`, () => {
    const simulation = new Simulation({}, true);
    const skewed = (at: bigint) => at + (at * ppm) / 1_000_000n;
    let last: { stamp: bigint; pts: bigint } | undefined;
    let worst = 0n;
    let largestStep = 0n;
    for (let at = 0n; at < 86_400n * S; at += 200n * MS) {
      const jitter = ((at / MS) % 37n) * MS;
      const pts = skewed(at);
      for (const track of [1, 2]) {
        const stamp = simulation.push({ track, pts, arrival: at + jitter });
        const error = stamp > at ? stamp - at : at - stamp;
        if (error > worst) worst = error;
        if (track === 2) continue;
        if (last !== undefined) {
          const step = stamp - last.stamp - (pts - last.pts);
          const size = step < 0n ? -step : step;
          if (size > largestStep) largestStep = size;
        }
        last = { stamp, pts };
      }
      simulation.frames.length = 0;
    }
    assert.ok(worst < 400n * MS, `${worst} ns off`);
    assert.ok(largestStep <= 400_000n, `moved by ${largestStep} ns from one frame to the next`);
    assert.equal(simulation.mapper.peek(1, 0n), simulation.mapper.peek(2, 0n));
    assert.deepEqual(simulation.leaps, []);
  });
}

test('a burst at the start, which puts times ahead of the clock, is drawn back bit by bit', () => {
  const simulation = new Simulation({}, true);
  for (let index = 0n; index < 150n; index += 1n) {
    simulation.push({ pts: (index * S) / 30n, arrival: index * 100_000n });
  }
  simulation.video(100n * MS, 200n * S, 5n * S);
  assert.equal(simulation.firstStepBack, undefined);
  assert.deepEqual(simulation.leaps, []);
  const last = simulation.frames.at(-1);
  assert.ok(last !== undefined && last.stamp - last.arrival < 3_100n * MS);
});

test('a step of the machine clock moves no stamp', () => {
  const simulation = new Simulation({}, true);
  simulation.video(0n, 2n * S);
  simulation.stepClock(3600n * S);
  simulation.video(2n * S, 4n * S);
  assertAtArrival(simulation, 0n);
});

test('another host goes on with the base and the clock of the one before it', () => {
  const simulation = new Simulation({}, true);
  const offsetNs = WALL + 5n * S;
  // The clock of the stamps is a year ahead of the machine's: it was corrected.
  const year = 31_536_000n * S;
  simulation.mapper.continueFrom({ offsetNs: offsetNs + year, clockNs: WALL + year });
  assert.equal(simulation.push({ pts: 10n * S, arrival: 15n * S }), 15n * S + year);
  assert.deepEqual(simulation.leaps, []);
  assert.deepEqual(simulation.mapper.timebase, {
    offsetNs: offsetNs + year,
    clockNs: WALL + year,
  });
});

test('whatever a live source says: near the arrival, and no further back than pictures are reordered', () => {
  const leap = fc.integer({ min: 1_000, max: 5_000 });
  const piece = fc.record({
    frames: fc.integer({ min: 31, max: 200 }),
    leapMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -100_000_000, max: 100_000_000 }),
      leap,
      leap.map((ms) => -ms),
    ),
    pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })),
    jitterMs: fc.integer({ min: 0, max: 400 }),
  });
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (pieces, hasSound) => {
        const simulation = new Simulation({}, true);
        let at = 0n;
        let shift = 1_000_000_000n * S;
        let calmSince = 0n;
        for (const { frames, leapMs, pauseMs, jitterMs } of pieces) {
          shift += BigInt(leapMs) * MS;
          at += BigInt(pauseMs) * MS;
          // While nothing comes, nothing is learnt.
          calmSince = leapMs === 0 ? calmSince + BigInt(pauseMs) * MS : at;
          for (let index = 0; index < frames; index += 1) {
            const jitter = BigInt((index * 7919) % (jitterMs + 1)) * MS;
            const frame = { pts: at + shift, arrival: at + jitter, isKeyFrame: index % 30 === 0 };
            simulation.push(frame);
            if (hasSound) simulation.push({ ...frame, track: 2 });
            at += 33n * MS;
            // A clock that stood while nothing came looks like frames that were held back, for
            // twice the time in which those catch up, and until a key frame.
            if (at - calmSince > 8n * S) {
              assert.ok(simulation.lastErrorNs <= 5_500n * MS, `${simulation.lastErrorNs} ns late`);
            }
            assert.ok(simulation.lastErrorNs >= -4n * S, `${simulation.lastErrorNs} ns ahead`);
          }
        }
        assert.ok(simulation.furthestBackNs <= 2n * S, `${simulation.furthestBackNs} ns back`);
      },
    ),
    { numRuns: Number(process.env['KVS_PROPERTY_RUNS'] ?? 300) },
  );
});
