import { liveFile, longLiveFile } from './lib/media.ts';
import { MeasuredProcess } from './lib/process-tree.ts';
import type { Ratio } from './lib/ratios.ts';
import { SinkService } from './lib/service.ts';
import { median, percentile, printTable, short } from './lib/statistics.ts';
import {
  bareHostSubjects,
  bareSubject,
  fakesinkSubject,
  launchSubject,
  pluginSubject,
  readRegistries,
  type Subject,
  upstreamSubjects,
} from './lib/subjects.ts';
import { recordBody } from './record.ts';

/** What one run of one subject gave. */
type LiveRun = {
  /** CPU of one core over the steady part of the run, in percent. */
  cpuPercent: number;
  peakPssMiB: number;
  firstByteMs: number;
  latencies: number[];
};

/** What CPU is measured over, in ms after the start of the process. */
type Window = { readonly fromMs: number; readonly toMs: number };
/** V8 is still compiling what runs 30 times a second; and when it has done so. */
const FIRST_WINDOW: Window = { fromMs: 8_000, toMs: 28_000 };
const LATE_WINDOW: Window = { fromMs: 120_000, toMs: 150_000 };

async function runOnce(service: SinkService, subject: Subject, window: Window): Promise<LiveRun> {
  service.clear();
  const measured = new MeasuredProcess(subject.command, subject.args, subject.env);
  const cpuPercent = measured.cpuPercentBetween(window.fromMs, window.toMs);
  const usage = await measured.finished();
  if (usage.exitCode !== 0 && subject.mayCrash !== true) {
    throw new Error(`${subject.name} ended with ${usage.exitCode}`);
  }
  const sends = !subject.name.includes('fakesink');
  const firstByte = sends ? await service.next('firstByte') : undefined;
  const end = sends ? await service.next('end') : undefined;
  return {
    cpuPercent: await cpuPercent,
    peakPssMiB: usage.peakPssMiB,
    firstByteMs: firstByte ? firstByte.atMs - measured.startedMs : Number.NaN,
    latencies: end?.latencies ?? [],
  };
}

/**
 * 1080p30 at 8 Mbit/s over TLS, at its own pace: CPU, memory, start-up, latency.
 * @param when The first half minute, or what remains after two.
 * @returns what our plugin takes, by the host that does nothing
 */
export async function live(rounds: number, when: 'first' | 'late'): Promise<Ratio[]> {
  const file = when === 'first' ? liveFile() : longLiveFile();
  const window = when === 'first' ? FIRST_WINDOW : LATE_WINDOW;
  const service = await SinkService.start('https', { frames: true });
  const body = recordBody(service, file);
  const subjects = [
    fakesinkSubject(service, file, 'live'),
    pluginSubject(service, file, 'live'),
    launchSubject(service, file, 'live'),
    bareSubject(service, body, 'live', 1),
    ...bareHostSubjects(service, file, 'live'),
    ...upstreamSubjects(service, file, 'live'),
  ];
  readRegistries(subjects);
  const runs = new Map<string, LiveRun[]>(subjects.map((subject) => [subject.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      runs.get(subject.name)?.push(await runOnce(service, subject, window));
    }
  }
  service.stop();

  const of = (name: string, value: (run: LiveRun) => number): number =>
    median((runs.get(name) ?? []).map(value));
  const floor = of('gst-launch-1.0 … fakesink', (run) => run.cpuPercent);
  const bare = of('bare node:https', (run) => run.cpuPercent);
  const seconds = `${window.fromMs / 1000} to ${window.toMs / 1000} s`;
  console.log(`1080p30, 8 Mbit/s, TLS, CPU from ${seconds}, median of ${rounds} (in turn)`);
  printTable(
    ['', '% of a core', 'above fakesink', '/ bare', 'PSS MiB', 'first byte ms', 'p50 ms', 'p99 ms'],
    subjects.map(({ name }) => {
      const cpu = of(name, (run) => run.cpuPercent);
      const latencies = (runs.get(name) ?? []).flatMap((run) => run.latencies);
      return [
        name,
        short(cpu),
        short(cpu - floor),
        name.includes('fakesink') ? '–' : short(cpu / bare),
        short(of(name, (run) => run.peakPssMiB)),
        short(of(name, (run) => run.firstByteMs)),
        name === 'bare node:https' ? '–' : short(percentile(latencies, 0.5)),
        name === 'bare node:https' ? '–' : short(percentile(latencies, 0.99)),
      ];
    }),
  );
  const plugin = 'gst-launch-1.0 … kvssink';
  const host = 'bare Node host';
  const cpu = (name: string): number => of(name, (run) => run.cpuPercent) - floor;
  const part = when === 'first' ? 'live' : 'live-late';
  return [
    { name: `${part}: CPU above fakesink, / bare Node host`, value: cpu(plugin) / cpu(host) },
    ...(['peakPssMiB', 'firstByteMs'] as const).map((field) => ({
      name: `${part}: ${field}, / bare Node host`,
      value: of(plugin, (run) => run[field]) / of(host, (run) => run[field]),
    })),
  ];
}
