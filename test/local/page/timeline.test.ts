import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FragmentRecord } from '../../../src/local/fragments/fragment-record.ts';
import { summaryOf } from '../../../src/local/fragments/part-summary.ts';
import { summaryTimeline } from '../../../src/local/live/summary-timeline.ts';
import { timelineOf } from '../../../src/local/live/timeline.ts';

const T = 1_795_253_000_000;

/** A fragment of a second that begins so many seconds after T. */
function record(seconds: number, fields: Partial<FragmentRecord> = {}): FragmentRecord {
  return {
    number: String(seconds).padStart(47, '0'),
    timecode: 0,
    producerTimestampMs: T + seconds * 1000,
    serverTimestampMs: T + seconds * 1000 + 40,
    durationMs: 1000,
    bytes: 500,
    clusterOffset: 0,
    frames: 30,
    keyFrames: 1,
    tracks: [{ number: 1, type: 1, codecId: 'V_MPEG4/ISO/AVC', frames: 30 }],
    formatId: 'x',
    session: 's',
    replaced: [],
    ...fields,
  };
}

/** Seconds after T, as a window. */
function seconds(from: number, until: number, points = 100) {
  return { fromMs: T + from * 1000, untilMs: T + until * 1000, points };
}

test('few fragments are listed one by one, by the time of the producer', () => {
  const timeline = timelineOf([record(2), record(0), record(1)], seconds(0, 10));
  assert.equal(timeline.parts.kind, 'fragments');
  assert.deepEqual(
    timeline.parts.list.map(({ startMs }) => startMs - T),
    [0, 1000, 2000],
  );
  assert.equal(timeline.bytes, 1500);
});

test('many fragments come in bins, with the worst latency of each', () => {
  const records = Array.from({ length: 1000 }, (_, i) =>
    record(i, { serverTimestampMs: T + i * 1000 + i, bytes: 1 }),
  );
  const timeline = timelineOf(records, seconds(0, 1000, 10));
  assert.ok(timeline.parts.kind === 'bins');
  assert.equal(timeline.parts.binMs, 100_000);
  assert.equal(timeline.parts.list.length, 10);
  assert.deepEqual(timeline.parts.list[3], {
    startMs: T + 300_000,
    fragments: 100,
    bytes: 100,
    coveredMs: 100_000,
    duplicates: 0,
    latencyMs: 399,
  });
});

test('gaps are found, and rounding is none', () => {
  const records = [record(0), record(1.2), record(5), record(6)];
  const { gaps, gapCount, gapMs } = timelineOf(records, seconds(0, 10));
  assert.deepEqual(gaps, [{ fromMs: T + 2200, untilMs: T + 5000 }]);
  assert.equal(gapCount, 1);
  assert.equal(gapMs, 2800);
});

test('of many gaps the longest are listed and all are counted', () => {
  const records = Array.from({ length: 500 }, (_, i) => record(i * 10 + (i === 250 ? 5 : 0)));
  const { gaps, gapCount } = timelineOf(records, seconds(0, 6000));
  assert.equal(gapCount, 499);
  assert.equal(gaps.length, 200);
  assert.ok(gaps.some(({ fromMs, untilMs }) => untilMs - fromMs === 14_000));
});

test('what was sent again counts as a duplicate, replaced or kept', () => {
  const replaced = record(0, { replaced: ['1', '2'] });
  const kept = record(1, { number: '9' });
  assert.equal(timelineOf([replaced, record(1), kept], seconds(0, 10)).duplicates, 3);
});

test('what was uploaded long afterwards has no latency', () => {
  const old = Array.from({ length: 20 }, (_, i) => record(i, { serverTimestampMs: T + 9e9 }));
  const timeline = timelineOf(old, seconds(0, 20, 5));
  assert.ok(timeline.parts.kind === 'bins');
  assert.equal(timeline.parts.list[0]?.latencyMs, undefined);
});

test('weeks are told from what their parts hold, without a record', () => {
  // A part an hour, with a gap of ten minutes in the third.
  const parts = Array.from({ length: 24 * 14 }, (_, i) => {
    const records = Array.from({ length: 60 }, (_, n) =>
      record(i * 3600 + n * 60, { durationMs: 60_000 }),
    );
    const summary = summaryOf(i === 2 ? records.filter((_, n) => n < 20 || n >= 30) : records);
    assert.ok(summary);
    return summary;
  });
  const window = seconds(0, 14 * 86_400, 14);
  const timeline = summaryTimeline(parts, window);
  assert.ok(timeline.parts.kind === 'bins');
  assert.deepEqual(
    timeline.parts.list.map(({ fragments }) => fragments),
    [1430, ...Array.from({ length: 13 }, () => 1440)],
  );
  assert.equal(timeline.fragments, 14 * 1440 - 10);
  assert.deepEqual(timeline.gaps, [{ fromMs: T + 8_400_000, untilMs: T + 9_000_000 }]);
  const day = summaryTimeline(parts.slice(0, 3), seconds(3600, 2 * 3600, 4));
  assert.equal(day.fragments, 60, 'of the window alone');
});
