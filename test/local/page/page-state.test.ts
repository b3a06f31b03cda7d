import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamReport } from '../../../src/local/live/page-reports.ts';
import { codecProfile, trackTitle } from '../../../src/local/page/app/parts/codec-names.ts';
import { count, duration, text } from '../../../src/local/page/app/parts/page-format.ts';
import { producerName } from '../../../src/local/page/app/parts/user-agent-name.ts';
import { LatencyControl } from '../../../src/local/page/app/player/latency-control.ts';
import { initialState, reduce } from '../../../src/local/page/app/state/page-state.ts';
import { formatRoute, parseRoute } from '../../../src/local/page/app/state/route.ts';
import { streamHealth } from '../../../src/local/page/app/state/stream-health.ts';
import {
  endingNow,
  limitsOf,
  moved,
  showing,
  ticksOf,
} from '../../../src/local/page/app/timeline/time-window.ts';

const NOW_MS = 1_795_253_000_000;

function report(fields: Partial<StreamReport> = {}): StreamReport {
  return {
    name: 'demo',
    arn: 'arn',
    status: 'ACTIVE',
    mediaType: undefined,
    deviceName: undefined,
    retentionHours: 24,
    creationTimeMs: 0,
    tags: {},
    sessions: 1,
    readers: 0,
    fps: 30,
    bitsPerSecond: 1e6,
    latencyMs: 40,
    lastFrameMs: NOW_MS,
    framesReceived: 1,
    fragmentsPersisted: 1,
    errors: 0,
    lastError: undefined,
    fragmentsStored: 1,
    bytesStored: 1,
    tracks: [],
    ...fields,
  };
}

test('an address says what is shown, and what is shown makes the same address', () => {
  for (const hash of [
    '#',
    '#demo',
    '#demo?at=start',
    '#demo?at=2026-11-30T08:00:00.500Z',
    '#demo?at=start&panel=acks',
    '#a%20b?panel=faults',
  ]) {
    assert.equal(formatRoute(parseRoute(hash)), hash);
  }
  assert.equal(formatRoute(parseRoute('')), '#');
  assert.equal(formatRoute(parseRoute('#demo?at=yesterday')), '#demo?at=start');
  assert.equal(formatRoute(parseRoute('#%zz?panel=other')), '#%25zz');
});

test('changes of a stream are taken into what is known, and absent values go', () => {
  const route = parseRoute('#demo');
  let state = initialState(route, NOW_MS);
  const { name: _name, ...fields } = report();
  const whole = { isWhole: true, changed: [{ name: 'demo', ...fields }], removed: [] };
  state = reduce(state, { kind: 'streams', event: whole });
  const change = {
    isWhole: false,
    changed: [{ name: 'demo', fps: 0, latencyMs: null }],
    removed: [],
  };
  state = reduce(state, { kind: 'streams', event: change });
  assert.ok(state.knowledge.kind === 'known');
  const stream = state.knowledge.streams.get('demo');
  assert.deepEqual([stream?.fps, stream?.latencyMs, stream?.arn], [0, undefined, 'arn']);
  const gone = { isWhole: false, changed: [], removed: ['demo'] };
  state = reduce(state, { kind: 'streams', event: gone });
  assert.ok(state.knowledge.kind === 'known');
  assert.equal(state.knowledge.streams.size, 0);
});

test('the log of one stream is not shown for another', () => {
  let state = initialState(parseRoute('#demo'), NOW_MS);
  const ack = { id: 1, atMs: NOW_MS, session: 's', event: 'IDLE' } as const;
  state = reduce(state, {
    kind: 'stream',
    event: { isWhole: true, connections: [], acks: [ack] },
  });
  state = reduce(state, { kind: 'route', route: parseRoute('#demo?panel=acks') });
  assert.equal(state.activity.acks.length, 1);
  state = reduce(state, { kind: 'route', route: parseRoute('#other') });
  assert.equal(state.activity.acks.length, 0);
});

test('health says what is wrong, the worst first', () => {
  const error = { atMs: NOW_MS - 2000, id: 4004, code: 'X', reason: '' };
  const health = (fields: Partial<StreamReport>): string => {
    const { level, text } = streamHealth(report(fields), NOW_MS);
    return `${level}: ${text}`;
  };
  assert.equal(health({}), 'good: Receiving');
  assert.equal(health({ lastFrameMs: undefined }), 'warn: Connected, no frame yet');
  assert.equal(health({ lastFrameMs: NOW_MS - 12_000 }), 'warn: No frame for 12 s');
  assert.equal(health({ latencyMs: 8000 }), 'warn: 8.00 s behind the camera');
  assert.equal(health({ lastError: error }), 'warn: Error 4004, 2.0 s ago');
  const ended = { sessions: 0, lastFrameMs: NOW_MS - 3000 };
  assert.equal(health(ended), 'idle: Last frame 3.0 s ago');
  assert.equal(health({ ...ended, lastError: error }), 'bad: Ended by error 4004, 2.0 s ago');
  assert.equal(health({ status: 'DELETING' }), 'warn: The stream is DELETING');
});

/** Seconds behind, five times a second, as if each frame were played at the rate that is wanted. */
function play(control: LatencyControl, seconds: number, behindS: (atS: number) => number) {
  const rates: number[] = [];
  let caughtUp = 0;
  let jumps = 0;
  for (let atS = 0; atS < seconds; atS += 0.2) {
    const { rate, jump } = control.next(atS, Math.max(0, behindS(atS) - caughtUp));
    caughtUp += (rate - 1) * 0.2;
    if (jump) jumps += 1;
    if (rates.at(-1) !== rate) rates.push(rate);
  }
  return { rates, jumps, caughtUp };
}

test('the rate of a live picture stays 1 while what is buffered goes up and down', () => {
  // Groups of a second, and frames with a second of jitter now and then.
  const groups = play(new LatencyControl(), 600, (atS) => 0.1 + (1 - (atS % 1)));
  assert.deepEqual(groups, { rates: [1], jumps: 0, caughtUp: 0 });
  const jitter = play(new LatencyControl(), 600, (atS) => (Math.floor(atS) % 7 === 0 ? 0.9 : 0.2));
  assert.deepEqual(jitter.rates, [1]);
});

test('a live picture that fell behind catches up once', () => {
  const { rates, jumps, caughtUp } = play(new LatencyControl(), 120, (atS) =>
    atS < 10 ? 0.2 : 0.7,
  );
  assert.deepEqual(rates, [1, 1.06, 1]);
  assert.equal(jumps, 0);
  assert.ok(caughtUp > 0.4 && caughtUp < 0.7);
});

test('a live picture that stalled keeps more in reserve, for a while', () => {
  const control = new LatencyControl();
  for (let i = 0; i < 3; i++) control.stalled(0);
  assert.deepEqual(play(control, 40, () => 0.6).rates, [1], 'it needs that');
  const later = play(control, 400, () => 0.6);
  assert.ok(later.caughtUp > 0.3 && later.rates.length <= 5, 'and then not any more');
  for (let i = 0; i < 99; i++) control.stalled(0);
  assert.ok(control.reserveS(0) <= 0.4, 'within a second of the newest frame');
});

/** Frames or groups arrive every `everyS`; `behindS` lies ahead of the picture before each. */
function afterStall(everyS: number, behindS: (arrival: number) => number): number | undefined {
  const control = new LatencyControl();
  for (let i = 0; i < 100; i++) control.next(i * everyS, 0.2);
  const stalledS = 100 * everyS;
  control.stalled(stalledS);
  control.resumed(stalledS + 1);
  for (let i = 0; i < 30 / everyS; i++) {
    const atS = stalledS + 1 + i * everyS;
    if (control.next(atS, behindS(i)).jump) return atS - stalledS - 1;
  }
  return undefined;
}

test('a live picture that goes on after a stall jumps at once to what arrived meanwhile', () => {
  // The picture goes on with the first part of it.
  const s = afterStall(1 / 30, (arrival) => (arrival < 3 ? 0.1 : 0.8));
  assert.ok(s !== undefined && s < 0.5, `after ${s} s`);
});

test('a live picture of whole groups does not jump after a stall', () => {
  // Each group arrives in parts, the first when the one before has been shown.
  assert.equal(
    afterStall(0.5, (arrival) => (arrival % 2 === 0 ? 0.05 : 0.6)),
    undefined,
  );
});

test('a live picture that goes on without a surplus does not jump', () => {
  assert.equal(
    afterStall(1 / 30, () => 0.4),
    undefined,
  );
});

test('a live picture that is a second behind jumps, however often it stalled', () => {
  assert.equal(play(new LatencyControl(), 3.4, () => 30).jumps, 1);
  const stalled = new LatencyControl();
  for (let i = 0; i < 99; i++) stalled.stalled(0);
  const { jumps, rates } = play(stalled, 10, (atS) => (atS < 5 ? 1 : 0.2));
  assert.deepEqual({ jumps, rates }, { jumps: 1, rates: [1] });
});

test('producers are named by what they send', () => {
  const ours = 'kvs-launch-kvssink/0.1.0 Node.js/22.1.0 Linux/6.1 x86_64 kvs-launch';
  assert.deepEqual(producerName(ours), { name: 'kvs-launch', version: '0.1.0' });
  assert.deepEqual(producerName('AWS-SDK-KVS/3.4.1 GCC/12.2.0 Linux/6.1 x86_64'), {
    name: 'Amazon Producer SDK',
    version: '3.4.1',
  });
  assert.deepEqual(producerName('camera'), { name: 'camera', version: undefined });
  assert.deepEqual(producerName(undefined), { name: 'Unknown producer', version: undefined });
});

test('codecs are told by name, profile and level', () => {
  const video = { number: 1, type: 1, codecId: 'V_MPEG4/ISO/AVC', width: 1280, height: 720 };
  assert.equal(trackTitle(video), 'H.264 1280 × 720');
  assert.equal(codecProfile('avc1.42c01f'), 'Constrained Baseline, level 3.1');
  assert.equal(codecProfile('avc1.640028'), 'High, level 4');
  assert.equal(codecProfile('hvc1.1.6.L93.90'), 'Main, level 3.1');
  assert.equal(codecProfile('mp4a.40.2'), 'LC');
  assert.equal(codecProfile(undefined), undefined);
});

test('numbers are read as people read them', () => {
  assert.equal(count(1, 'fragment'), '1 fragment');
  assert.equal(count(1204, 'fragment'), '1,204 fragments');
  assert.equal(text(duration(0)), '< 1 ms');
  assert.equal(text(duration(1020)), '1.02 s');
});

test('a timeline goes on with now, or stands where it was moved to', () => {
  const now = endingNow(60_000);
  const before = moved(now, -0.5, NOW_MS);
  assert.equal(before.end.kind, 'fixed');
  assert.deepEqual(moved(before, 0.5, NOW_MS + 1).end, { kind: 'now' });
  assert.equal(showing(now, NOW_MS - 30_000, NOW_MS), now, 'what it shows anyway');
  const { fromMs, untilMs } = limitsOf(showing(now, NOW_MS - 9e6, NOW_MS), NOW_MS);
  assert.ok(fromMs < NOW_MS - 9e6 && untilMs > NOW_MS - 9e6);
  const ticks = ticksOf(NOW_MS, NOW_MS + 3_600_000, 6);
  assert.equal(ticks.length, 6);
  assert.ok(ticks.every((tick) => tick % 600_000 === 0));
});
