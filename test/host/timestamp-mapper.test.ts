import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BufferTimes,
  TimestampMapper,
  type TimestampSettings,
} from '../../src/host/times/timestamp-mapper.ts';

const MS = 1_000_000n;
const S = 1000n * MS;
const WALL = 1_700_000_000n * S;

function mapper(settings: Partial<TimestampSettings> = {}, useOriginalPts = false) {
  const mapper = new TimestampMapper(
    {
      streamingType: 'realtime',
      fileStartTimeS: 0n,
      frameTimestamp: 'default-timestamp',
      frameIntervalNs: 40n * MS,
      ...settings,
    },
    useOriginalPts,
    (arrivalNs) => WALL + arrivalNs,
    { leapt: () => {}, untimed: () => {}, derived: () => {} },
  );
  return {
    map(buffer: BufferTimes) {
      const { ptsNs, dtsNs, timeNs } = mapper.map(buffer);
      return { ptsNs: ptsNs ?? timeNs, dtsNs };
    },
    restart: () => mapper.restart(),
    setLive: (isLive: boolean) => {
      mapper.isLive = isLive;
    },
  };
}

function at(times: Partial<BufferTimes>): BufferTimes {
  return {
    track: 1,
    ptsNs: undefined,
    dtsNs: undefined,
    durationNs: 0n,
    arrivalNs: 0n,
    isKeyFrame: true,
    reorders: true,
    ...times,
  };
}

test('realtime: wall clock of the first frame plus running time since then', () => {
  const map = mapper();
  assert.deepEqual(map.map(at({ ptsNs: 5n * S, dtsNs: 4n * S, arrivalNs: 7n * MS })), {
    ptsNs: WALL + 7n * MS,
    dtsNs: WALL + 7n * MS - S,
  });
  assert.deepEqual(map.map(at({ ptsNs: 6n * S, dtsNs: undefined, arrivalNs: 9n * S })), {
    ptsNs: WALL + 7n * MS + S,
    dtsNs: undefined,
  });
});

test('both tracks share one base, so that audio and video cannot drift apart', () => {
  const map = mapper();
  map.map(at({ track: 1, ptsNs: 100n * MS, arrivalNs: 0n }));
  const audio = map.map(at({ track: 2, ptsNs: 60n * MS, arrivalNs: 500n * MS }));
  assert.equal(audio.ptsNs, WALL - 40n * MS);
});

test('a missing PTS takes the DTS, else follows the frame before it on its own track', () => {
  const map = mapper();
  map.map(at({ ptsNs: 0n, durationNs: 33n * MS }));
  map.map(at({ track: 2, ptsNs: 500n * MS, durationNs: 20n * MS }));
  assert.equal(map.map(at({})).ptsNs, WALL + 33n * MS);
  assert.equal(map.map(at({ track: 2 })).ptsNs, WALL + 520n * MS);
  assert.equal(map.map(at({ dtsNs: 80n * MS })).ptsNs, WALL + 80n * MS);
});

test('a picture without a PTS has a DTS only, from which the core finds the PTS', () => {
  const settings: TimestampSettings = {
    streamingType: 'offline',
    fileStartTimeS: 0n,
    frameTimestamp: 'default-timestamp',
    frameIntervalNs: 40n * MS,
  };
  const events = { leapt: () => {}, untimed: () => {}, derived: () => {} };
  const map = new TimestampMapper(settings, false, () => WALL, events);
  const { beginsTimeline: _, ...given } = map.map(at({ dtsNs: 80n * MS }));
  assert.deepEqual(given, { ptsNs: undefined, dtsNs: 80n * MS, timeNs: 80n * MS });
  assert.equal(map.map(at({})).ptsNs, undefined);
  const sound = map.map(at({ track: 2, dtsNs: 80n * MS, reorders: false }));
  assert.equal(sound.ptsNs, 80n * MS);
});

test('a live source that stamps nothing is dated by the arrival of its frames', () => {
  const map = mapper();
  map.setLive(true);
  assert.equal(map.map(at({ arrivalNs: 3n * MS })).ptsNs, WALL + 3n * MS);
  assert.equal(map.map(at({ arrivalNs: 45n * MS })).ptsNs, WALL + 45n * MS);
  assert.equal(map.map(at({ arrivalNs: 45n * MS })).ptsNs, WALL + 46n * MS);
  assert.equal(map.map(at({ track: 2, arrivalNs: 50n * MS })).ptsNs, WALL + 50n * MS);
});

test('a file that stamps nothing is dated by its frame rate', () => {
  const map = mapper({ streamingType: 'offline', fileStartTimeS: 10n });
  assert.equal(map.map(at({})).ptsNs, 10n * S);
  assert.equal(map.map(at({ arrivalNs: 1n })).ptsNs, 10n * S + 40n * MS);
});

test('offline: file-start-time is added to each time, and 0 leaves media time alone', () => {
  assert.deepEqual(
    mapper({ streamingType: 'offline', fileStartTimeS: 1_600_000_000n }).map(
      at({ ptsNs: 80n * MS, dtsNs: 40n * MS }),
    ),
    { ptsNs: 1_600_000_000n * S + 80n * MS, dtsNs: 1_600_000_000n * S + 40n * MS },
  );
  assert.equal(mapper({ streamingType: 'offline' }).map(at({ ptsNs: WALL })).ptsNs, WALL);
});

test('use-original-pts: the DTS is epoch time, in realtime and offline', () => {
  for (const streamingType of ['realtime', 'offline'] as const) {
    const map = mapper({ streamingType, fileStartTimeS: 99n }, true);
    assert.deepEqual(map.map(at({ ptsNs: WALL + 1n, dtsNs: WALL })), { ptsNs: WALL, dtsNs: WALL });
    assert.equal(map.map(at({ ptsNs: WALL + 5n })).ptsNs, WALL + 5n);
  }
});

test("frame-timestamp's three values", () => {
  const times = at({ ptsNs: 80n * MS, dtsNs: 40n * MS });
  const offline = { streamingType: 'offline' } as const;
  assert.deepEqual(mapper({ ...offline, frameTimestamp: 'pts-only' }).map(times), {
    ptsNs: 80n * MS,
    dtsNs: 80n * MS,
  });
  assert.deepEqual(mapper({ ...offline, frameTimestamp: 'dts-only' }).map(times), {
    ptsNs: 40n * MS,
    dtsNs: 40n * MS,
  });
  assert.deepEqual(mapper(offline).map(times), { ptsNs: 80n * MS, dtsNs: 40n * MS });
});

test('after a flush realtime goes on at the wall clock, never before what was sent', () => {
  const map = mapper();
  map.map(at({ ptsNs: 0n }));
  map.map(at({ ptsNs: 10n * S, durationNs: 40n * MS, arrivalNs: S }));
  map.restart();
  assert.equal(map.map(at({ ptsNs: 0n, arrivalNs: 2n * S })).ptsNs, WALL + 10n * S + 40n * MS);
  map.restart();
  assert.equal(map.map(at({ ptsNs: 0n, arrivalNs: 60n * S })).ptsNs, WALL + 60n * S);
});

test('after a seek back offline time goes on behind what was sent', () => {
  const map = mapper({ streamingType: 'offline', fileStartTimeS: 100n });
  map.map(at({ ptsNs: 9n * S, durationNs: S }));
  map.restart();
  assert.equal(map.map(at({ ptsNs: 0n })).ptsNs, 110n * S);
  assert.equal(map.map(at({ ptsNs: S })).ptsNs, 111n * S);
});
