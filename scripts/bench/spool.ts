import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import type { SpoolSettings, SpoolSync } from '../../src/spool/settings.ts';
import { Spool } from '../../src/spool/spool.ts';
import { ContentStore } from '../../src/storage/content-store.ts';
import type { StreamView } from '../../src/storage/stream-view.ts';

const MIB = 1024 * 1024;
/** A fragment of one second at 8 Mbit/s. */
const FRAGMENT_BYTES = MIB;
const FRAGMENTS = 128;
const FRAME_RATE = 30;
const STREAM_S = 20;
const FORMAT = { header: { timecodeScaleNs: 1_000_000 }, headerBytes: new Uint8Array(600) };

/** How fast a spool is written and read, what the event loop notices, and what it costs to wait. */
export async function spool(): Promise<void> {
  const folder = mkdtempSync(join(process.env['BENCH_SPOOL'] ?? tmpdir(), 'kvs-bench-'));
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32));
  try {
    for (const sync of ['never', 'interval', 'each-fragment'] as const) {
      await fill(folder, sync, undefined);
    }
    await fill(folder, 'never', keyFile);
    await stream(folder, undefined);
    for (const sync of ['never', 'interval', 'each-fragment'] as const) await stream(folder, sync);
    await idle(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function open(folder: string, sync: SpoolSync, keyFile: string | undefined): Spool {
  const settings: SpoolSettings = {
    directory: folder,
    streamName: 'bench',
    streamArn: undefined,
    sizeBytes: 1024 * MIB,
    durationMs: 0,
    sync,
    policy: 'ordered',
    bandwidthBps: 0,
    keyFile,
  };
  const nothing = (): void => {};
  const events = { dropped: nothing, warned: nothing, left: nothing, changed: nothing };
  return new Spool(settings, {
    clock: systemClock,
    log: silentLogger,
    fragmentsPerSecond: 1e6,
    events,
  });
}

function openView(overflow: Spool | undefined, storeBytes: number): StreamView {
  return new ContentStore(storeBytes).openView({
    mayDrop: true,
    dropPolicy: 'fragment',
    bufferDurationNs: 3_600_000_000_000n,
    ...(overflow === undefined ? {} : { overflow }),
  });
}

async function fill(folder: string, sync: SpoolSync, keyFile: string | undefined): Promise<void> {
  const one = open(folder, sync, keyFile);
  await one.open();
  const view = openView(one, 8 * MIB);
  const bytes = randomBytes(FRAGMENT_BYTES);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  delay.enable();
  for (let i = 0; i < FRAGMENTS; i++) {
    put(view, bytes, i);
    if (i % 4 === 3) await one.flush();
  }
  await one.flush();
  const writeS = (performance.now() - startMs) / 1000;
  const used = process.cpuUsage(cpu);
  const { bytes: kept } = one.status;
  const readStartMs = performance.now();
  for (let f = one.oldest; f !== undefined; f = one.oldest) {
    one.pin(f);
    for (let at = 0; at < f.byteLength; ) {
      const part = one.read(f, at, FRAGMENT_BYTES);
      if (part === undefined) {
        await new Promise<void>((resolve) => {
          one.onChange = resolve;
        });
      } else {
        at += part.length;
      }
    }
    one.unpin(f);
    one.settle(f);
  }
  const readS = (performance.now() - readStartMs) / 1000;
  delay.disable();
  await one.close();
  view.close();
  const cpuS = (used.user + used.system) / 1e6;
  const figures = [
    `${(kept / MIB / writeS).toFixed(0)} MiB/s written`,
    `${((writeS / FRAGMENTS) * 1000).toFixed(1)} ms a fragment`,
    `${((cpuS / FRAGMENTS) * 1000).toFixed(1)} ms CPU a fragment`,
    `${(kept / MIB / readS).toFixed(0)} MiB/s read`,
    `event loop late by ${ms(delay.percentile(99))} (99 %)`,
  ];
  const name = keyFile === undefined ? `spool-sync=${sync}` : 'encrypted, spool-sync=never';
  process.stdout.write(`${name}: ${figures.join(', ')}\n`);
}

/**
 * As in an outage: 30 frames a second come, and memory has no room. What the event loop, which the
 * frames come through, notices of the disk; without `sync` there is none, and frames are dropped.
 */
async function stream(folder: string, sync: SpoolSync | undefined): Promise<void> {
  const one = sync === undefined ? undefined : open(folder, sync, undefined);
  await one?.open();
  const view = openView(one, 2 * MIB);
  const frame = randomBytes(Math.floor(FRAGMENT_BYTES / FRAME_RATE));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  delay.enable();
  for (let i = 0; i < STREAM_S * FRAME_RATE; i++) {
    await sleep(Math.max(startMs + (i * 1000) / FRAME_RATE - performance.now(), 0));
    const atNs = (BigInt(i) * 1_000_000_000n) / BigInt(FRAME_RATE);
    const isFirst = i % FRAME_RATE === 0;
    view.reserve(frame.length);
    if (isFirst) begin(view, atNs);
    view.write(frame, 0, frame.length);
    view.commit({ endNs: atNs, ptsNs: atNs, dtsNs: atNs, isKeyFrame: isFirst });
    if (i % FRAME_RATE === FRAME_RATE - 1) view.complete({ endsWithEofr: false });
  }
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const kept = one?.status.bytes ?? 0;
  await one?.flush();
  // The next one finds nothing.
  for (let f = one?.oldest; f !== undefined; f = one?.oldest) one?.settle(f);
  await one?.close();
  view.close();
  const figures = [
    `${(kept / MIB).toFixed(0)} MiB in the spool`,
    `event loop late by ${ms(delay.percentile(99))} (99 %), ${ms(delay.max)} (worst)`,
    `${((user + system) / STREAM_S / 1e4).toFixed(1)} % of a core`,
  ];
  const name = sync === undefined ? 'no spool' : `spool-sync=${sync}`;
  process.stdout.write(`8 Mbit/s, ${name}: ${figures.join(', ')}\n`);
}

function ms(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}

function begin(view: StreamView, startNs: bigint): void {
  view.begin({ format: FORMAT, timecode: startNs / 1_000_000n, startNs, arrivedMs: 0 });
}

function put(view: StreamView, bytes: Uint8Array, second: number): void {
  const startNs = BigInt(second) * 1_000_000_000n;
  const endNs = startNs + 1_000_000_000n;
  view.reserve(bytes.length);
  begin(view, startNs);
  view.write(bytes, 0, bytes.length);
  view.commit({ endNs, ptsNs: startNs, dtsNs: startNs, isKeyFrame: true });
  view.complete({ endsWithEofr: false });
}

/** A spool that is open and has nothing to do. */
async function idle(folder: string): Promise<void> {
  const one = open(folder, 'interval', undefined);
  await one.open();
  await sleep(500);
  const cpu = process.cpuUsage();
  await sleep(5_000);
  const { user, system } = process.cpuUsage(cpu);
  await one.close();
  process.stdout.write(`idle: ${((user + system) / 5_000 / 10).toFixed(2)} % of a core\n`);
}
