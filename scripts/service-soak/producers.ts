import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { createStream } from '../../test/local/support/client.ts';
import { type LocalCommand, residentMiB, startCommand } from '../../test/local/support/command.ts';
import { median, percentile } from '../bench/lib/statistics.ts';
import { startGstLaunch } from './gst-launch.ts';
import { prepareMedia } from './prepared-media.ts';
import { numbersOf, VIEWERS, type Viewed } from './viewers.ts';
import { produce, type WireResult } from './wire-producer.ts';

export type ProducersOptions = {
  readonly minutes: number;
  readonly producers: number;
  readonly viewers: number;
};

const BITS_PER_SECOND = 1_000_000;
const MAX_ACK_MS = 1000;
/** From the second quarter of a run to the last one: what is filled once is full by then. */
const MAX_GROWTH_MIB = 12;
const SAMPLES = 40;

/**
 * Producers in real time and viewers, against a service in a process of its own. All producers but
 * one are by the wire: they know to the millisecond when a fragment was over, and twenty of them
 * take a tenth of a core, where twenty encoders would be what is measured. The one that is left is
 * kvssink, so that a real client goes through the same crowd. Returns what must not be.
 */
export async function soakProducers(folder: string, options: ProducersOptions): Promise<string[]> {
  const { minutes, producers, viewers } = options;
  const seconds = Math.round(minutes * 60);
  const media = prepareMedia(BITS_PER_SECOND, 10);
  const names = Array.from({ length: producers - 1 }, (_, i) => `camera-${i + 1}`);
  const service = await startCommand(folder);
  try {
    for (const name of names) await createStream(service.url, name);
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const sink = produceByKvssink(service.url, seconds);
    const sent = names.map(async (name, i) => {
      await pause((i * 1000) / producers);
      return produce(service.url, name, media, seconds);
    });
    const stop = new AbortController();
    const watching = watchAll(service.url, names, viewers, stop.signal);
    const [memory, results, sinkProblems] = await Promise.all([
      sampleMemory(service, seconds),
      Promise.all(sent),
      sink,
    ]);
    stop.abort();
    const viewed = await watching;
    delay.disable();
    console.log(`event loop of this process late by at most ${Math.round(delay.max / 1e6)} ms`);
    return [
      ...ackProblems(results),
      ...(await storageProblems(service.url, names, results)),
      ...sinkProblems,
      ...viewerProblems(viewed),
      ...memoryProblems(memory),
    ];
  } finally {
    service.child.kill('SIGTERM');
    await once(service.child, 'exit');
  }
}

/** Different streams and different players; they come once there is something to see. */
async function watchAll(
  url: string,
  names: readonly string[],
  count: number,
  stop: AbortSignal,
): Promise<Viewed[]> {
  await pause(5000);
  return Promise.all(
    Array.from({ length: count }, (_, i) => {
      const view = VIEWERS[i % VIEWERS.length];
      const name = names[i % names.length];
      if (view === undefined || name === undefined) throw new Error('There is nothing to view');
      return view(url, name, stop);
    }),
  );
}

/** One camera with this project's element; what was wrong with it. */
async function produceByKvssink(url: string, seconds: number): Promise<string[]> {
  const frames = seconds * 15;
  const pipeline =
    `videotestsrc is-live=true num-buffers=${frames} pattern=snow ! ` +
    'video/x-raw,width=320,height=240,framerate=15/1 ! ' +
    `x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=${BITS_PER_SECOND / 1000} ! ` +
    'h264parse ! kvssink stream-name=kvssink';
  const child = startGstLaunch(url, pipeline);
  const [code] = (await once(child, 'exit')) as [number | null];
  const stored = (await numbersOf(url, 'kvssink')).length;
  console.log(`kvssink: exit code ${code}, ${stored} fragments of ${seconds} s`);
  return code === 0 && stored >= seconds ? [] : [`kvssink: exit code ${code}, ${stored} fragments`];
}

async function sampleMemory({ child }: LocalCommand, seconds: number): Promise<number[]> {
  const samples: number[] = [];
  console.log('   s   MiB   % of a core');
  for (let i = 1; i <= SAMPLES; i++) {
    const before = cpuSeconds(child);
    await pause((seconds / SAMPLES) * 1000);
    const { now } = residentMiB(child);
    samples.push(now);
    const share = ((cpuSeconds(child) - before) / (seconds / SAMPLES)) * 100;
    const columns = [((seconds / SAMPLES) * i).toFixed(0), now.toFixed(1), share.toFixed(0)];
    console.log(columns.map((column, n) => column.padStart(n === 2 ? 14 : 6)).join(''));
  }
  return samples;
}

/** User and system time; see proc(5). */
function cpuSeconds({ pid }: ChildProcess): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function ackProblems(results: readonly WireResult[]): string[] {
  const problems = results.flatMap((result) => result.problems);
  for (const event of ['BUFFERING', 'RECEIVED', 'PERSISTED'] as const) {
    const delays = results.flatMap(({ delaysMs }) => delaysMs[event]);
    const most = delays.reduce((a, b) => Math.max(a, b), 0);
    const [half, nearlyAll] = [median(delays), percentile(delays, 0.99)].map((ms) => ms.toFixed(1));
    console.log(
      `${event}: ${delays.length} acks, median ${half} ms, 99 % within ${nearlyAll} ms, ` +
        `the latest after ${most.toFixed(0)} ms`,
    );
    if (most > MAX_ACK_MS) problems.push(`${event} came ${most.toFixed(0)} ms late`);
  }
  return problems;
}

async function storageProblems(
  url: string,
  names: readonly string[],
  results: readonly WireResult[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const [i, { sent, persisted }] of results.entries()) {
    const name = names[i] ?? '';
    const stored = new Set(await numbersOf(url, name));
    const lost = [...persisted].filter((number) => !stored.has(number)).length;
    if (persisted.size === sent && stored.size === sent && lost === 0) continue;
    problems.push(`${name}: ${sent} sent, ${persisted.size} persisted, ${stored.size} stored`);
  }
  return problems;
}

function viewerProblems(viewed: readonly Viewed[]): string[] {
  return viewed.flatMap(({ what, seen, problems }) => {
    console.log(`${what}: ${seen}`);
    return problems.map((problem) => `${what}: ${problem}`);
  });
}

function memoryProblems(samples: readonly number[]): string[] {
  const quarter = samples.length / 4;
  const early = median(samples.slice(quarter, 2 * quarter));
  const late = median(samples.slice(-quarter));
  console.log(
    `memory: ${early.toFixed(1)} MiB in the second quarter, ${late.toFixed(1)} in the last`,
  );
  return late - early > MAX_GROWTH_MIB ? [`memory grew by ${(late - early).toFixed(1)} MiB`] : [];
}
