import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { metricsAddress, withMetricsValue } from '../../../src/cli/metrics/metrics-address.ts';
import { prometheusRegistry } from '../../../src/cli/metrics/prometheus.ts';
import { StatusBlock } from '../../../src/cli/status/status-block.ts';
import { statusMode } from '../../../src/cli/status/status-options.ts';
import { receiveStatus } from '../../../src/cli/status/status-receiver.ts';
import { statusRows } from '../../../src/cli/status/status-text.ts';
import { FigureReader } from '../../../src/cli/status/stream-figures.ts';
import { CounterTotals } from '../../../src/host/status/counter-totals.ts';
import type { StreamStatus } from '../../../src/host/status/status-record.ts';
import { packageRoot } from '../../../src/runtime/package-root.ts';

test('auto shows a line on a terminal alone, and nothing with -q, NO_STATUS or TERM=dumb', () => {
  assert.deepEqual(statusMode({}, {}, true), { kind: 'line', intervalMs: 1_000 });
  assert.equal(statusMode({}, {}, false), undefined);
  assert.equal(statusMode({ quiet: true }, {}, true), undefined);
  assert.equal(statusMode({}, { NO_STATUS: '1' }, true), undefined);
  assert.equal(statusMode({}, { TERM: 'dumb' }, true), undefined);
  const plain = { kind: 'plain', intervalMs: 10_000 };
  assert.deepEqual(statusMode({ status: 'plain', quiet: true }, {}, false), plain);
});

test('counters go on where the run before has ended', () => {
  const totals = new CounterTotals();
  assert.equal(totals.add('door', 'a', { frames: 10 })['frames'], 10);
  assert.equal(totals.add('door', 'a', { frames: 30 })['frames'], 30);
  assert.equal(totals.add('door', 'b', { frames: 5 })['frames'], 35);
  assert.equal(totals.add('door', 'c', { frames: 1, uptime: 2 })['frames'], 36);
});

test('two runs that count side by side, and many one after the other, are each counted once', () => {
  const totals = new CounterTotals();
  totals.add('door', 'old', { frames: 30 });
  assert.equal(totals.add('door', 'new', { frames: 5 })['frames'], 35);
  assert.equal(totals.add('door', 'old', { frames: 31 })['frames'], 36);
  assert.equal(totals.add('door', 'new', { frames: 9 })['frames'], 40);
  for (let run = 1; run <= 20; run += 1) {
    assert.equal(totals.add('door', run, { frames: 1 })['frames'], 40 + run);
  }
});

test('half a line of a host that was killed does no harm', async (t) => {
  const receiver = await receiveStatus();
  t.after(() => receiver.close());
  const send = async (text: string): Promise<void> => {
    const socket = connect(receiver.env['KVS_STATUS_SOCKET'] ?? '');
    await new Promise<void>((resolve) => socket.end(text, () => resolve()));
  };
  const stream = { name: 'door', isOpen: true, counts: { frames: 3 }, rates: {} };
  await send('{"source":"a","streams":[{"na');
  await send(`${JSON.stringify({ source: 'b', streams: [stream] })}\n`);
  while (receiver.read().streams.length === 0) await new Promise((r) => setImmediate(r));
  assert.equal(receiver.read().streams[0]?.counts['frames'], 3);
});

test('the rows are cleared for other text and drawn again below it, but never into half a line', () => {
  let shown = '';
  const terminal = { columns: 20, rows: 10, write: (text: string) => (shown += text) };
  const block = new StatusBlock(terminal);
  block.draw(['door  30.0 fps', 'a row that is wider than the terminal']);
  assert.equal(shown, '\r\x1b[Jdoor  30.0 fps\na row that is wider\x1b[1A\r');
  shown = '';
  block.write(terminal, 'half');
  block.draw(['door  29.0 fps']);
  assert.equal(shown, '\r\x1b[Jhalf');
  shown = '';
  block.write(terminal, ' a line\n');
  assert.equal(shown, ' a line\n\r\x1b[Jdoor  29.0 fps\r');
});

test('a row that is too wide leaves out whole figures, the least important ones first', () => {
  const door = {
    stream: 'door',
    connection: 'streaming' as const,
    fps: 30,
    bitsPerSecond: 1_520_000,
    bufferSeconds: 0.4,
    spoolSeconds: 12,
    latencyMs: 85,
    lastAckAgeSeconds: 0,
    reconnects: 0,
    persistedFragments: 4,
    droppedFrames: 3,
  };
  const gate = { ...door, stream: 'garden-gate', connection: 'reconnecting' as const };
  const at = (width: number) => statusRows([door], width)[0];
  assert.equal(
    at(200),
    'door  30.0 fps  1.52 Mbit/s  buffer 0.4 s  spool 12 s  latency 85 ms  ack 0 s ago  reconnects 0  3 frames lost',
  );
  assert.equal(at(79), 'door  30.0 fps  1.52 Mbit/s  buffer 0.4 s  spool 12 s  3 frames lost');
  assert.equal(at(40), 'door  30.0 fps  3 frames lost');
  assert.equal(at(3), 'door');
  for (let width = 20; width < 120; width += 1) {
    for (const row of statusRows([door, gate], width)) assert.ok(row.length <= width, row);
  }
});

test('--metrics takes an address behind it, and leaves the pipeline alone', () => {
  assert.deepEqual(withMetricsValue(['--metrics', 'videotestsrc']), ['--metrics=', 'videotestsrc']);
  assert.deepEqual(withMetricsValue(['--metrics', ':80', 'x']), ['--metrics', ':80', 'x']);
  assert.deepEqual(metricsAddress(''), { host: '127.0.0.1', port: 9464 });
  assert.deepEqual(metricsAddress('[::]:80'), { host: '::', port: 80 });
  assert.throws(() => metricsAddress('host:70000'), /host:port/);
});

test('the frame rate is that of frames that come: none before the first, less the longer none does', async () => {
  const stream: StreamStatus = {
    name: 'x',
    isOpen: true,
    connection: 'streaming',
    openedMs: 0,
    frameMs: 1000,
    counts: { frames: 90 },
    rates: { 'current-frame-rate': 30 },
  };
  const rateOf = async (changes: Partial<StreamStatus>, nowMs: number): Promise<number[]> => {
    const streams = [{ ...stream, ...changes }];
    const registry = prometheusRegistry({ read: () => ({ source: '', streams }) }, 0, () => nowMs);
    const { values } = (await registry.getSingleMetric('kvs_frames_per_second')?.get()) ?? {};
    return (values ?? []).map(({ value }) => value);
  };
  assert.deepEqual(await rateOf({}, 2000), [30]);
  assert.deepEqual(await rateOf({ counts: { frames: 0 } }, 2000), [0]);
  assert.deepEqual(await rateOf({}, 11_000), [0.1]);
  assert.deepEqual(await rateOf({ rates: { 'current-frame-rate': 0.05 } }, 11_000), [0.05]);
  assert.deepEqual(await rateOf({ isOpen: false }, 2000), []);
});

test('monitoring.md names every metric and no other, and the dashboard shows none that is not there', () => {
  const registry = prometheusRegistry({ read: () => ({ source: '', streams: [] }) }, 0, () => 0);
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  const page = readFileSync(join(packageRoot, 'docs', '2-use', 'monitoring.md'), 'utf8');
  const documented = page.match(/(?<=^\| `)kvs_\w+/gm) ?? [];
  assert.deepEqual([...new Set(documented)].sort(), [...names].sort());
  const file = join(packageRoot, 'examples', 'grafana', 'dashboard.json');
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const used = dashboard.panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => expr.match(/kvs_\w+/g) ?? []),
  );
  assert.ok(used.length >= 8);
  for (const name of used) assert.ok(names.includes(name), name);
});

test('rates are those of the last seconds, and a stream that is closed has none', () => {
  const figures = new FigureReader();
  function read(atMs: number, frames: number, isOpen = true) {
    const counts = { 'video-frames': frames, 'transferred-bytes': frames * 1000 };
    const stream = { name: 'door', isOpen, connection: 'streaming' as const, counts, rates: {} };
    const record = { source: 'a', streams: [{ ...stream, openedMs: 0, frameMs: 0 }] };
    const [{ fps, bitsPerSecond } = { fps: -1, bitsPerSecond: -1 }] = figures.read(record, atMs);
    return { fps, bitsPerSecond };
  }
  // The encoder's first frames come at once, and count as what they are over the time.
  assert.deepEqual(read(1_000, 30), { fps: 30, bitsPerSecond: 240_000 });
  assert.deepEqual(read(6_000, 180), { fps: 30, bitsPerSecond: 240_000 });
  assert.equal(read(12_000, 180).fps, 0);
  assert.equal(read(13_000, 180, false).fps, 0);
});
