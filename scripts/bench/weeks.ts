import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { noteSealed } from '../../src/local/archive/day-summary.ts';
import { newState, Part } from '../../src/local/archive/part.ts';
import { addLine } from '../../src/local/archive/part-index.ts';
import { dayOf, partName } from '../../src/local/archive/part-names.ts';
import { FragmentNumbers } from '../../src/local/fragments/fragment-number.ts';
import type { FragmentRecord } from '../../src/local/fragments/fragment-record.ts';
import { call } from '../../test/local/support/client.ts';

/** How the folder was kept: in parts, or with a file per fragment, as at first. */
type Layout = 'parts' | 'killed' | 'files';

const FRAGMENT_MS = 2000;
/** 1 Mbit/s. */
const FRAGMENT_BYTES = 250_000;
const PART_FRAGMENTS = 1800;
const COMMAND = fileURLToPath(new URL('../../../bin/kvs-launch.js', import.meta.url));

/** How fast a service starts on a folder of weeks, and what memory it takes then and later. */
export async function weeks(): Promise<void> {
  for (const [layout, count] of [
    ['parts', 20_000],
    ['parts', 300_000],
    ['killed', 300_000],
    ['files', 20_000],
    ['files', 300_000],
  ] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'kvs-weeks-'));
    try {
      const startMs = await fill(folder, layout, count);
      await measure(folder, layout, count, startMs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/** Makes the folder of a camera that has just stopped; returns when it began, epoch ms. */
async function fill(folder: string, layout: Layout, count: number): Promise<number> {
  const stream = join(folder, 'streams', 'camera');
  mkdirSync(stream, { recursive: true });
  const startMs = Date.now() - count * FRAGMENT_MS;
  const numbers = new FragmentNumbers();
  const index = layout === 'files' ? openSync(join(stream, 'index.ndjson'), 'w') : undefined;
  for (let from = 0; from < count; from += PART_FRAGMENTS) {
    const length = Math.min(PART_FRAGMENTS, count - from);
    const records = Array.from({ length }, (_, i) => {
      const timeMs = startMs + (from + i) * FRAGMENT_MS;
      return recordOf(numbers.next(timeMs), timeMs);
    });
    if (index === undefined) {
      const isOpen = layout === 'killed' && from + length === count;
      await writePart(stream, records, isOpen);
      continue;
    }
    writeSync(index, records.map((add) => `${JSON.stringify({ add })}\n`).join(''));
    for (const { number } of records) writeFileSync(join(stream, `${number}.mkv`), '');
  }
  if (index !== undefined) closeSync(index);
  const record = {
    name: 'camera',
    arn: `arn:aws:kinesisvideo:us-west-2:123456789012:stream/camera/${startMs}`,
    creationTimeMs: startMs,
    folder: 'camera',
    kmsKeyId: 'arn:aws:kms:us-west-2:123456789012:alias/aws/kinesisvideo',
    retentionHours: 24 * 365,
    version: 'aaaaaaaaaaaaaaaaaaaa',
    status: 'ACTIVE',
    tags: {},
  };
  writeFileSync(join(folder, 'streams.json'), JSON.stringify([record]));
  return startMs;
}

function recordOf(number: string, timeMs: number): FragmentRecord {
  return {
    number,
    timecode: timeMs,
    producerTimestampMs: timeMs,
    serverTimestampMs: timeMs,
    durationMs: FRAGMENT_MS,
    bytes: FRAGMENT_BYTES,
    clusterOffset: 600,
    frames: 60,
    keyFrames: 1,
    tracks: [{ number: 1, type: 1, codecId: 'V_MPEG4/ISO/AVC', frames: 60 }],
    formatId: 'd1b2a7c4e5f60718',
    session: '5f2c1a34-9d3c-4b0e-8f00-2f1f3c4d5e6f',
    replaced: [],
  };
}

/** Writes a part whose media is a hole. */
async function writePart(
  stream: string,
  records: readonly FragmentRecord[],
  isOpen: boolean,
): Promise<void> {
  const [first] = records;
  if (first === undefined) return;
  const startMs = first.serverTimestampMs;
  const day = dayOf(startMs);
  const name = partName(startMs, new Set());
  mkdirSync(join(stream, day), { recursive: true });
  const part = new Part(join(stream, day, name), day, name, newState(first.number, startMs), true);
  const entries = records.map((record, i) => ({ record, at: i * FRAGMENT_BYTES }));
  const text = entries.map(addLine).join('');
  writeFileSync(part.indexFile, text);
  const mediaBytes = records.length * FRAGMENT_BYTES;
  closeSync(openSync(part.mediaFile, 'w'));
  truncateSync(part.mediaFile, mediaBytes);
  for (const entry of entries) part.noteAdded(entry);
  part.state = { ...part.state, indexBytes: text.length, mediaBytes };
  if (!isOpen) await noteSealed(part);
}

async function measure(
  folder: string,
  layout: Layout,
  count: number,
  startMs: number,
): Promise<void> {
  const began = performance.now();
  const { child, url } = await start(folder);
  try {
    const listensMs = performance.now() - began;
    const answer = await call(url, '/listFragments', { StreamName: 'camera', MaxResults: 1 });
    const answersMs = performance.now() - began;
    if (answer.status !== 200) throw new Error(`ListFragments answers ${answer.status}`);
    const startMiB = memoryMiB(child);
    const total = await stored(url);
    await readWindows(url, startMs, count);
    const line = [
      `${count} fragments, ${layout}:`,
      `listens after ${Math.round(listensMs)} ms, lists after ${Math.round(answersMs)} ms,`,
      `${startMiB} MiB then, ${memoryMiB(child)} MiB after reading windows all over;`,
      `${total} stored`,
    ];
    process.stdout.write(`${line.join(' ')}\n`);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

async function start(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const args = [COMMAND, 'local', '--data', folder, '--port', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    text += chunk.toString();
    const url = /CONTROL_PLANE_URI=(\S+)/.exec(text)?.[1];
    if (url !== undefined) {
      child.stdout?.resume();
      return { child, url };
    }
  }
  throw new Error(`The service ended: ${text}`);
}

async function stored(url: string): Promise<number> {
  const report = (await (await fetch(`${url}/api/streams`)).json()) as {
    streams: { fragmentsStored: number }[];
  };
  return report.streams[0]?.fragmentsStored ?? 0;
}

/** A hundred pages of fragments and a playlist of two hours each, from all over the recording. */
async function readWindows(url: string, startMs: number, count: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const fromMs = startMs + ((i * 37) % 100) * (count / 100) * FRAGMENT_MS;
    const TimestampRange = { StartTimestamp: fromMs / 1000, EndTimestamp: fromMs / 1000 + 7200 };
    const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange };
    const input = { StreamName: 'camera', MaxResults: 1000, FragmentSelector: selector };
    const { status } = await call(url, '/listFragments', input);
    if (status !== 200) throw new Error(`ListFragments answers ${status}`);
    // Opens and fills an HLS session; its media is a hole, which is said when it is read.
    await fetch(`${url}/api/recording?stream=camera&from=${fromMs}&until=${fromMs + 7_200_000}`);
  }
}

/** Resident memory of a process. */
function memoryMiB({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
