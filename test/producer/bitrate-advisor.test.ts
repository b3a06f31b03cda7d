import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BitrateAdvice } from '../../src/producer/events/events.ts';
import { BitrateAdvisor } from '../../src/producer/reports/bitrate-advisor.ts';

const MBIT = 1_000_000;
const STEP_MS = 10;

type Advised = BitrateAdvice & { readonly atMs: number };

/**
 * A camera, a link and a service: fragments of a second, sent as they are made, acknowledged when
 * the link has taken their last byte.
 */
function simulate(options: {
  readonly seconds: number;
  readonly cameraBps: number;
  readonly linkBps: (atMs: number) => number;
  /** Whether the camera does as advised. */
  readonly follows?: boolean;
  /** Added to each acknowledgement. */
  readonly ackDelayMs?: number;
}) {
  const { seconds, cameraBps, linkBps, follows = true, ackDelayMs = 0 } = options;
  const advised: Advised[] = [];
  let nowMs = 0;
  let rateBps = cameraBps;
  const advisor = new BitrateAdvisor((advice) => {
    advised.push({ ...advice, atMs: nowMs });
    if (follows) rateBps = Math.min(cameraBps, advice.bitsPerSecond);
  });
  const waiting: { bytes: number; sent: number; readyMs: number }[] = [];
  const acks: { atMs: number; bytes: number; readyMs: number }[] = [];
  let wasDown = false;
  let worstBehindMs = 0;
  let behindMs = 0;
  for (; nowMs < seconds * 1000; nowMs += STEP_MS) {
    if (nowMs % 1000 === 0) waiting.push({ bytes: 0, sent: 0, readyMs: nowMs + 1000 });
    const newest = waiting.at(-1);
    if (newest !== undefined) newest.bytes += (rateBps * STEP_MS) / 8000;
    const link = linkBps(nowMs);
    if (link === 0 && !wasDown) advisor.interrupted();
    wasDown = link === 0;
    let room = (link * STEP_MS) / 8000;
    for (const fragment of waiting) {
      const bytes = Math.min(room, fragment.bytes - fragment.sent);
      fragment.sent += bytes;
      room -= bytes;
    }
    while (waiting[0] !== undefined && waiting[0].readyMs <= nowMs) {
      const { bytes, sent, readyMs } = waiting[0];
      if (bytes - sent > 0.001) break;
      acks.push({ atMs: nowMs + ackDelayMs, bytes, readyMs });
      waiting.shift();
    }
    while (acks[0] !== undefined && acks[0].atMs <= nowMs) {
      const { bytes, readyMs } = acks[0];
      behindMs = nowMs - readyMs;
      worstBehindMs = Math.max(worstBehindMs, behindMs);
      advisor.received({ nowMs, bytes, readyMs, streamBitsPerSecond: rateBps });
      acks.shift();
    }
  }
  return { advised, rateBps, behindMs, worstBehindMs };
}

function reasons(advised: readonly Advised[]): string[] {
  return advised.map(({ reason }) => reason);
}

test('a link of half the rate: what is advised is below it, is enough, and was soon', () => {
  const { advised, behindMs } = simulate({
    seconds: 50,
    cameraBps: 4 * MBIT,
    linkBps: () => 2 * MBIT,
  });
  const [first] = advised;
  assert.ok(first);
  assert.equal(first.reason, 'overload');
  assert.ok(
    first.bitsPerSecond < 2 * MBIT && first.bitsPerSecond > 1.4 * MBIT,
    `${first.bitsPerSecond}`,
  );
  assert.ok(Math.abs((first.acknowledgedBitsPerSecond ?? 0) - 2 * MBIT) < 0.1 * MBIT);
  assert.equal(first.streamBitsPerSecond, 4 * MBIT);
  assert.ok(first.atMs < 12_000, `after ${first.atMs} ms`);
  assert.ok(behindMs < 1_000, `behind by ${behindMs} ms at the end`);
});

test('a link of a fifth: the first fragments take long, and one advice is still enough to recover', () => {
  const { advised, behindMs } = simulate({
    seconds: 300,
    cameraBps: 4 * MBIT,
    linkBps: () => 0.8 * MBIT,
  });
  assert.equal(advised[0]?.reason, 'overload');
  assert.ok((advised[0]?.bitsPerSecond ?? 0) < 0.8 * MBIT);
  assert.ok((advised[0]?.atMs ?? 0) < 20_000, `after ${advised[0]?.atMs} ms`);
  assert.ok(behindMs < 5_000, `behind by ${behindMs} ms at the end`);
});

test('a link that is a little too slow is noticed before much has piled up', () => {
  const { advised, worstBehindMs } = simulate({
    seconds: 120,
    cameraBps: 2 * MBIT,
    linkBps: () => 1.9 * MBIT,
  });
  assert.equal(advised[0]?.reason, 'overload');
  assert.ok(worstBehindMs < 5_000, `${worstBehindMs} ms`);
});

test('the link has room again: the rate goes up in steps, to what it was', () => {
  const { advised, rateBps } = simulate({
    seconds: 180,
    cameraBps: 4 * MBIT,
    linkBps: (atMs) => (atMs < 40_000 ? 1.5 * MBIT : 20 * MBIT),
  });
  assert.equal(rateBps, 4 * MBIT);
  const ups = advised.filter(({ reason }) => reason !== 'overload');
  assert.equal(advised.at(-1)?.reason, 'recovered');
  assert.ok(ups.length >= 3, reasons(advised).join());
  for (const [index, { bitsPerSecond }] of ups.entries()) {
    assert.ok(
      index === 0 || bitsPerSecond <= (ups[index - 1]?.bitsPerSecond ?? 0) * 1.25 + 200_000,
    );
  }
});

test('a link that stays narrow is tried less and less often, and never twice within 5 s', () => {
  const { advised } = simulate({
    seconds: 1_200,
    cameraBps: 4 * MBIT,
    linkBps: () => 2 * MBIT,
  });
  for (const [index, { atMs }] of advised.entries()) {
    assert.ok(index === 0 || atMs - (advised[index - 1]?.atMs ?? 0) >= 5_000);
  }
  const overloads = advised.filter(({ reason }) => reason === 'overload');
  assert.ok(overloads.length >= 2 && overloads.length <= 8, `${overloads.length} in 20 minutes`);
});

test('an outage is no overload: what waited for it goes at the speed of the link', () => {
  const { advised } = simulate({
    seconds: 120,
    cameraBps: 4 * MBIT,
    linkBps: (atMs) => (atMs > 20_000 && atMs < 50_000 ? 0 : 8 * MBIT),
  });
  assert.deepEqual(advised, []);
});

test('after a short outage the moments before it do not count', () => {
  const { advised } = simulate({
    seconds: 60,
    cameraBps: 4 * MBIT,
    linkBps: (atMs) => (atMs > 20_000 && atMs < 26_000 ? 0 : 6 * MBIT),
  });
  assert.deepEqual(advised, []);
});

test('fragments that nothing held up say nothing of what the link takes', () => {
  const { advised } = simulate({
    seconds: 40,
    cameraBps: 4 * MBIT,
    linkBps: (atMs) => (atMs < 20_000 ? 8 * MBIT : MBIT),
  });
  const taken = advised[0]?.acknowledgedBitsPerSecond ?? 0;
  assert.ok(Math.abs(taken - MBIT) < 0.1 * MBIT, `${taken} bit/s`);
});

test('a link that was narrow for long and grows: after the first step that holds the others follow soon', () => {
  const { advised, rateBps } = simulate({
    seconds: 1_000,
    cameraBps: 4 * MBIT,
    linkBps: (atMs) => (atMs < 700_000 ? MBIT : 20 * MBIT),
  });
  assert.equal(rateBps, 4 * MBIT);
  const held = advised.filter(
    ({ atMs, bitsPerSecond }) => atMs > 700_000 && bitsPerSecond > 1.1 * MBIT,
  );
  const [first] = held;
  const last = held.at(-1);
  assert.ok(first && last);
  assert.equal(last.reason, 'recovered');
  assert.ok(last.atMs - first.atMs <= (held.length - 1) * 12_000);
});

test('acknowledgements that are late, and stay so, are no overload', () => {
  const { advised } = simulate({
    seconds: 120,
    cameraBps: 4 * MBIT,
    linkBps: () => 8 * MBIT,
    ackDelayMs: 6_000,
  });
  assert.deepEqual(advised, []);
});

test('a link that is wide enough: nothing is advised', () => {
  const { advised } = simulate({ seconds: 60, cameraBps: 2 * MBIT, linkBps: () => 2.2 * MBIT });
  assert.deepEqual(advised, []);
});

test('nobody follows: the same is said again after half a minute, not every few seconds', () => {
  const { advised } = simulate({
    seconds: 120,
    cameraBps: 4 * MBIT,
    linkBps: () => 2 * MBIT,
    follows: false,
  });
  assert.ok(advised.length >= 3 && advised.length <= 5, `${advised.length} times`);
});
