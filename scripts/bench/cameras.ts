import { cameraFile } from './lib/media.ts';
import { MeasuredProcess } from './lib/process-tree.ts';
import { type ServiceEvent, SinkService } from './lib/service.ts';
import { median, percentile, printTable, short } from './lib/statistics.ts';
import { camerasSubjects, readRegistries, type Subject } from './lib/subjects.ts';

/** How many cameras one process has. */
const COUNTS = [1, 10, 30] as const;
/** What CPU is measured over, in ms after the start of the process. */
const WINDOW = { fromMs: 6_000, toMs: 18_000 };
/** 30 frames a second: those of the first ten seconds, when connections are made. */
const FIRST_FRAMES = 300;

type CamerasRun = {
  /** Of one core, in percent, for all cameras. */
  readonly cpuPercent: number;
  readonly pssMiB: number;
  readonly firstByteMs: number;
  readonly lastFirstByteMs: number;
  readonly p99Ms: number;
};

async function runOnce(service: SinkService, subject: Subject, count: number): Promise<CamerasRun> {
  service.clear();
  const measured = new MeasuredProcess(subject.command, subject.args, subject.env);
  const cpu = measured.cpuPercentBetween(WINDOW.fromMs, WINDOW.toMs);
  const usage = await measured.finished();
  if (usage.exitCode !== 0 && subject.mayCrash !== true) {
    throw new Error(`${subject.name} ended with ${usage.exitCode}`);
  }
  const of = <Kind extends ServiceEvent['event']>(kind: Kind) =>
    service.events.filter(
      (event): event is Extract<ServiceEvent, { event: Kind }> => event.event === kind,
    );
  const firstBytes = of('firstByte').map(({ atMs }) => atMs - measured.startedMs);
  const latencies = of('end').flatMap((end) => end.latencies.slice(0, FIRST_FRAMES));
  const isFakesink = subject.name.includes('fakesink');
  if (!isFakesink && firstBytes.length < count) {
    throw new Error(`${subject.name} sent ${firstBytes.length} of ${count} streams`);
  }
  return {
    cpuPercent: await cpu,
    pssMiB: usage.peakPssMiB,
    firstByteMs: Math.min(...firstBytes),
    lastFirstByteMs: Math.max(...firstBytes),
    p99Ms: percentile(latencies, 0.99),
  };
}

/** 1, 10 and 30 cameras of 1 Mbit/s in one process, over TLS, at their own pace. */
export async function cameras(rounds: number): Promise<void> {
  const file = cameraFile();
  const service = await SinkService.start('https', { frames: true });
  console.log(`Cameras of 1 Mbit/s in one process, TLS, 30 s, median of ${rounds} (in turn)`);
  const rows: string[][] = [];
  for (const count of COUNTS) {
    const subjects = camerasSubjects(service, file, count);
    readRegistries(subjects);
    const runs = new Map<string, CamerasRun[]>(subjects.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const subject of subjects) {
        runs.get(subject.name)?.push(await runOnce(service, subject, count));
      }
    }
    const of = (name: string, value: (run: CamerasRun) => number): number =>
      median((runs.get(name) ?? []).map(value));
    const floor = subjects[0]?.name ?? '';
    const aboveFloor = (name: string, value: (run: CamerasRun) => number): string =>
      short((of(name, value) - of(floor, value)) / count);
    for (const { name } of subjects.slice(1)) {
      rows.push([
        `${count}: ${name}`,
        aboveFloor(name, (run) => run.cpuPercent),
        aboveFloor(name, (run) => run.pssMiB),
        short(of(name, (run) => run.firstByteMs)),
        short(of(name, (run) => run.lastFirstByteMs)),
        short(of(name, (run) => run.p99Ms)),
      ]);
    }
  }
  service.stop();
  const header = ['', '% of a core each', 'PSS MiB each', 'first byte ms', 'last', 'p99 ms'];
  printTable(header, rows);
}
