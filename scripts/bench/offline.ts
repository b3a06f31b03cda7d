import { readFileSync } from 'node:fs';
import { LIVE_SECONDS, liveFile, offlineFile } from './lib/media.ts';
import { MeasuredProcess, type TreeUsage } from './lib/process-tree.ts';
import type { Ratio } from './lib/ratios.ts';
import { SinkService } from './lib/service.ts';
import { median, printTable, short } from './lib/statistics.ts';
import {
  bareHostSubjects,
  bareSubject,
  fakesinkSubject,
  launchSubject,
  pluginSubject,
  type Subject,
  upstreamSubjects,
} from './lib/subjects.ts';
import { recordBody } from './record.ts';

/**
 * A file as fast as it goes, over TLS and without: throughput, CPU per MB, memory. Of 600 s, about
 * 600 MB, a third of the time is the start, and V8's compiler; of 3000 s little is.
 * @returns what our plugin takes, by bare node:https
 */
export async function offline(
  scheme: 'http' | 'https',
  rounds: number,
  seconds: 600 | 3000 = 600,
): Promise<Ratio[]> {
  const file = offlineFile(seconds);
  const service = await SinkService.start(scheme, { frames: false });
  const body = recordBody(service, liveFile());
  const subjects: Subject[] = [
    fakesinkSubject(service, file, 'fast'),
    pluginSubject(service, file, 'fast'),
    launchSubject(service, file, 'fast'),
    bareSubject(service, body, 'fast', seconds / LIVE_SECONDS),
    ...(scheme === 'https' ? bareHostSubjects(service, file, 'fast') : []),
    ...upstreamSubjects(service, file, 'fast'),
  ];
  const runs = new Map<string, { usage: TreeUsage; bytes: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      service.clear();
      const usage = await new MeasuredProcess(
        subject.command,
        subject.args,
        subject.env,
      ).finished();
      if (usage.exitCode !== 0 && subject.mayCrash !== true) {
        throw new Error(`${subject.name} ended with ${usage.exitCode}`);
      }
      const sends = !subject.name.includes('fakesink');
      const bytes = sends ? (await service.next('end')).bytes : 0;
      runs.set(subject.name, [...(runs.get(subject.name) ?? []), { usage, bytes }]);
    }
  }
  service.stop();

  const bareCpu = median(
    (runs.get('bare node:https') ?? []).map(({ usage, bytes }) => usage.cpuSeconds / bytes),
  );
  const how = `${scheme}, TCP with ${congestionControl()}, median of ${rounds} (in turn)`;
  console.log(`${seconds} s of 1080p, about as many MB, ${how}`);
  printTable(
    ['', 'MB/s', 'CPU ms per MB', 'CPU / bare', 'peak PSS MiB', 'wall s'],
    subjects.map(({ name }) => {
      const of = (value: (run: { usage: TreeUsage; bytes: number }) => number): string =>
        short(median((runs.get(name) ?? []).map(value)));
      return [
        name,
        of(({ usage, bytes }) => bytes / 1e6 / usage.wallSeconds),
        of(({ usage, bytes }) => (1000 * usage.cpuSeconds) / (bytes / 1e6)),
        of(({ usage, bytes }) => usage.cpuSeconds / bytes / bareCpu),
        of(({ usage }) => usage.peakPssMiB),
        of(({ usage }) => usage.wallSeconds),
      ];
    }),
  );
  const plugin = runs.get('gst-launch-1.0 … kvssink') ?? [];
  const bare = runs.get('bare node:https') ?? [];
  const ratio = (value: (run: { usage: TreeUsage; bytes: number }) => number): number =>
    median(plugin.map(value)) / median(bare.map(value));
  const part = scheme === 'https' ? 'offline' : 'offline-http';
  return [
    {
      name: `${part}: CPU per byte, / bare ${scheme}`,
      value: ratio(({ usage, bytes }) => usage.cpuSeconds / bytes),
    },
    {
      name: `${part}: time per byte, / bare ${scheme}`,
      value: ratio(({ usage, bytes }) => usage.wallSeconds / bytes),
    },
  ];
}

/**
 * By which rule this machine sends. Linux's own choice is cubic; BBR sets a timer for what it sends
 * next, which on loopback costs as much as sending it
 * (https://docs.kernel.org/networking/ip-sysctl.html, tcp_congestion_control).
 */
function congestionControl(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  } catch {
    return 'an unknown congestion control';
  }
}
