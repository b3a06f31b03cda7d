// Many cameras in one gst-launch-1.0 for an hour, against a service in this process that is away for
// a while every few minutes. Prints once a minute what the pipeline and its host take, and fails when
// a frame is missing, or when memory, descriptors or temporary files grow.
//   node dist/scripts/long-run.js [--minutes 60] [--streams 10] [--outage-every 10] [--outage 8]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findNativeFiles } from '../src/host/native/native-files.ts';
import { type LocalService, startLocalService } from '../src/local/service.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../src/local/sigv4/credential-store.ts';
import { listFragments } from '../test/support/list-fragments.ts';

const FRAMES_PER_SECOND = 15;
const SAMPLE_MS = 60_000;
/** Growth from the first quarter of the samples to the last one. */
const MAX_GROWTH = { memoryMiB: 12, descriptors: 4, temporaryKiB: 64 };

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    streams: { type: 'string', default: '10' },
    'outage-every': { type: 'string', default: '10' },
    outage: { type: 'string', default: '8' },
  },
});
const minutes = Number(values.minutes);
const names = Array.from({ length: Number(values.streams) }, (_, i) => `camera-${i + 1}`);
const frames = Math.round(minutes * 60 * FRAMES_PER_SECOND);

type Sample = {
  readonly processes: number;
  /** Proportional set size of both processes, MiB. */
  readonly memoryMiB: number;
  readonly descriptors: number;
  /** What they have left in their temporary folder. */
  readonly temporaryKiB: number;
};

function pssMiB(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

function folderKiB(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (
    files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0) / 1024
  );
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** The application and its host, which is a child of whichever thread started it. */
function processesOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) => {
    const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1');
    return list.split(' ').filter(Boolean).map(Number);
  });
  return [pid, ...children, ...children.flatMap(childrenOf)];
}

function sample(pid: number, temporary: string): Sample {
  const pids = processesOf(pid);
  const total = (of: (pid: number) => number): number =>
    pids.reduce((sum, one) => sum + of(one), 0);
  return {
    processes: pids.length,
    memoryMiB: total(pssMiB),
    descriptors: total((one) => readdirSync(`/proc/${one}/fd`).length),
    temporaryKiB: folderKiB(temporary),
  };
}

/** Frames that the service has of a stream; what came twice counts once. */
async function storedFrames(service: LocalService, name: string): Promise<number> {
  const fragments = await listFragments(service.streams.byName(name)?.fragments);
  return fragments.reduce((sum, fragment) => sum + fragment.frames, 0);
}

function start(url: string, temporary: string): ChildProcess {
  const chains = names.map(
    (name, i) =>
      `videotestsrc is-live=true pattern=ball num-buffers=${frames} ! ` +
      `video/x-raw,width=160,height=120,framerate=${FRAMES_PER_SECOND}/1 ! ` +
      `x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max=${2 * FRAMES_PER_SECOND} ` +
      `bitrate=${60 + 10 * i} ! h264parse ! kvssink stream-name=${name} storage-size=16`,
  );
  return spawn('gst-launch-1.0', ['-e', ...chains.join(' ').split(' ')], {
    env: {
      ...process.env,
      TMPDIR: temporary,
      GST_PLUGIN_PATH: findNativeFiles().pluginFolder,
      CONTROL_PLANE_URI: url,
      AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function line(values: readonly (string | number)[]): void {
  console.log(values.map((value) => String(value).padStart(14)).join(''));
}

const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-long-run-'));
const [dataDir, temporary] = [join(folder, 'service'), join(folder, 'temporary')];
mkdirSync(temporary);
let service = await startLocalService({ dataDir });
const port = Number(new URL(service.url).port);
const pipeline = start(service.url, temporary);
let output = '';
for (const stdio of [pipeline.stdout, pipeline.stderr]) {
  stdio?.on('data', (text: Buffer) => {
    output += text.toString();
  });
}
let outcome: number | string | undefined;
const ended = new Promise<void>((resolve) => {
  pipeline.on('close', (code, signal) => {
    outcome = code ?? signal ?? '?';
    resolve();
  });
});

const samples: Sample[] = [];
const outageEveryMs = Number(values['outage-every']) * 60_000;
line(['minute', 'processes', 'memory MiB', 'descriptors', 'temporary KiB', 'outages']);
const startedMs = performance.now();
let outages = 0;
while (outcome === undefined) {
  await Promise.race([ended, pause(SAMPLE_MS, undefined, { ref: false })]);
  if (outcome !== undefined || pipeline.pid === undefined) break;
  const elapsedMs = performance.now() - startedMs;
  if (elapsedMs >= (outages + 1) * outageEveryMs) {
    outages += 1;
    await service.close();
    await Promise.race([ended, pause(Number(values.outage) * 1_000)]);
    service = await startLocalService({ dataDir, port });
    continue;
  }
  const taken = sample(pipeline.pid, temporary);
  samples.push(taken);
  line([
    Math.round(elapsedMs / 60_000),
    taken.processes,
    taken.memoryMiB.toFixed(1),
    taken.descriptors,
    taken.temporaryKiB.toFixed(0),
    outages,
  ]);
}

const problems: string[] = [];
if (outcome !== 0) problems.push(`exit ${outcome}\n${output.slice(-4_000)}`);
for (const name of names) {
  const stored = await storedFrames(service, name);
  if (stored !== frames) problems.push(`${name}: ${stored} of ${frames} frames are stored`);
}
const early = samples[Math.floor(samples.length / 4)];
const late = samples.at(-1);
if (early !== undefined && late !== undefined) {
  for (const key of ['memoryMiB', 'descriptors', 'temporaryKiB'] as const) {
    const growth = late[key] - early[key];
    if (growth > MAX_GROWTH[key]) problems.push(`${key} grew from ${early[key]} to ${late[key]}`);
  }
}
const gstreamer = execFileSync('gst-launch-1.0', ['--version'], { encoding: 'utf8' });
console.log(
  `${names.length} streams, ${frames} frames each, ${outages} outages of ${values.outage} s, Node ` +
    `${process.versions.node}, ${gstreamer.split('\n')[0]}: ${problems.length === 0 ? 'all is stored, nothing grew' : 'FAILED'}`,
);
for (const problem of problems) console.error(problem);
await service.close();
if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
process.exitCode = problems.length === 0 ? 0 : 1;
