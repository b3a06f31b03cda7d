import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamMeter } from '../../src/producer/events/metrics.ts';
import { newCounters } from '../../src/putmedia/uploader/counters.ts';
import { ContentStore } from '../../src/storage/content-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

const START = { frameRate: 30, avgBandwidthBps: 8_000_000, recalculate: true };

function makeMeter(start: Partial<typeof START> = {}) {
  const clock = new ManualClock('2026-11-21T12:00:00Z');
  const meter = new StreamMeter(clock, { ...START, ...start });
  const view = new ContentStore(1024 * 1024).openView({
    mayDrop: true,
    dropPolicy: 'fragment',
    bufferDurationNs: 1n,
  });
  const timestamps = { missing: 0, repeated: 0, backward: 0, forwardJumps: 0 };
  const snapshot = (transferredBytes = 0) =>
    meter.snapshot(view, { ...newCounters(), transferredBytes }, timestamps);
  return { clock, meter, snapshot };
}

function isNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-6 * expected, `${actual}, not ${expected}`);
}

test('currentFrameRate is an average by the clock in which a new value counts for 5 percent', () => {
  const { meter, snapshot } = makeMeter();
  meter.videoFrame(0, 0n);
  isNear(snapshot().currentFrameRate, 30);
  meter.videoFrame(100, 33_000_000n);
  isNear(snapshot().currentFrameRate, 1000 / (0.95 * (1000 / 30) + 0.05 * 100));
});

test('currentFrameRate of frames that come in pairs is that of their source', () => {
  const { meter, snapshot } = makeMeter();
  for (let ms = 0; ms < 60_000; ms += 66) {
    meter.videoFrame(ms, BigInt(ms) * 1_000_000n);
    meter.videoFrame(ms + 0.1, BigInt(ms + 33) * 1_000_000n);
  }
  const { currentFrameRate } = snapshot();
  assert.ok(Math.abs(currentFrameRate - 30) < 1.5, `${currentFrameRate}`);
});

test('elementaryFrameRate is that of the last two frames by their own times', () => {
  const { meter, snapshot } = makeMeter();
  meter.videoFrame(0, 0n);
  meter.videoFrame(100, 20_000_000n);
  isNear(snapshot().elementaryFrameRate, 50);
});

test('currentTransferRate begins with avgBandwidthBps and follows what was sent', async () => {
  const { clock, snapshot } = makeMeter();
  assert.equal(snapshot().currentTransferRate, 1_000_000);
  await clock.advance(199);
  assert.equal(snapshot(100_000).currentTransferRate, 1_000_000, 'not before 200 ms');
  await clock.advance(1);
  isNear(snapshot(100_000).currentTransferRate, 0.95 * 1_000_000 + 0.05 * 500_000);
  // As if the next 400 ms had been measured in two pieces.
  const before = snapshot(100_000).currentTransferRate;
  await clock.advance(400);
  isNear(snapshot(100_000).currentTransferRate, 0.95 * 0.95 * before);
});

test('recalculateMetrics off: the rates stay what they were said to be', async () => {
  const { clock, meter, snapshot } = makeMeter({ recalculate: false });
  meter.videoFrame(0, 0n);
  meter.videoFrame(100, 20_000_000n);
  await clock.advance(1_000);
  const { currentFrameRate, elementaryFrameRate, currentTransferRate } = snapshot(5_000_000);
  assert.deepEqual(
    [currentFrameRate, elementaryFrameRate, currentTransferRate],
    [30, 30, 1_000_000],
  );
});

test('ackLatencyMs is the average, lastAckLatencyMs the newest', () => {
  const { meter, snapshot } = makeMeter();
  meter.acknowledged(1_000);
  meter.acknowledged(2_000);
  isNear(snapshot().ackLatencyMs, 1_050);
  assert.equal(snapshot().lastAckLatencyMs, 2_000);
});
