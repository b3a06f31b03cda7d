import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { MeasuredProcess, type TreeUsage } from './lib/process-tree.ts';
import { SinkService } from './lib/service.ts';
import { printTable, short } from './lib/statistics.ts';
import { serviceEnvironment } from './lib/subjects.ts';

/** Start and end of the steady part, in ms after the start. */
const STEADY = { fromMs: 15_000, toMs: 30_000 };
const CAMERA = join(packageRoot, 'examples', 'compose', 'camera', 'camera.py');

type Usage = { readonly peakPssMiB: number; readonly cpuPercent: number };

/** One camera that all commands are clients of: 640x480, 25 frames and 1 Mbit/s. */
async function startCamera(): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn('/usr/bin/python3', [CAMERA, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url, stop: () => child.kill() };
}

async function measure(
  commands: readonly (readonly string[])[],
  env: NodeJS.ProcessEnv,
): Promise<Usage> {
  const script = process.env['BENCH_COMMAND'] ?? join(packageRoot, 'bin', 'kvs-launch.js');
  const running = commands.map(
    (args) => new MeasuredProcess(process.execPath, [script, 'rtsp', ...args], env),
  );
  const finished = running.map((each) => each.finished());
  const cpuSeconds = (): number => running.reduce((sum, each) => sum + each.cpuSeconds(), 0);
  await setTimeout(STEADY.fromMs);
  const before = cpuSeconds();
  await setTimeout(STEADY.toMs - STEADY.fromMs);
  const spent = cpuSeconds() - before;
  for (const { child } of running) child.kill('SIGTERM');
  const usages: TreeUsage[] = await Promise.all(finished);
  return {
    peakPssMiB: usages.reduce((sum, usage) => sum + usage.peakPssMiB, 0),
    cpuPercent: (100_000 * spent) / (STEADY.toMs - STEADY.fromMs),
  };
}

/**
 * Memory and CPU of many network cameras, in one process and in one command for each.
 * BENCH_COMMAND: another kvs-launch, for the latter.
 */
export async function rtsp(): Promise<void> {
  const service = await SinkService.start('http', { frames: false });
  const camera = await startCamera();
  const folder = mkdtempSync(join(tmpdir(), 'kvs-bench-'));
  const env = serviceEnvironment(service);
  const rows: string[][] = [];
  for (const count of [1, 5, 20]) {
    const names = Array.from({ length: count }, (_, index) => `camera-${index}`);
    const file = join(folder, `${count}.json`);
    const list = names.map((name) => ({ name, url: camera.url, codec: 'h264' }));
    writeFileSync(file, JSON.stringify({ cameras: list }));
    const each = names.map((name) => ['--codec', 'h264', '--stream-name', name, camera.url]);
    for (const [what, commands] of [
      ['a command each', each],
      ...(process.env['BENCH_COMMAND'] ? [] : [['one process', [['--cameras', file]]] as const]),
    ] as const) {
      const { peakPssMiB, cpuPercent } = await measure(commands, env);
      rows.push([
        String(count),
        what,
        short(peakPssMiB),
        short(peakPssMiB / count),
        short(cpuPercent),
      ]);
    }
  }
  camera.stop();
  service.stop();
  rmSync(folder, { recursive: true, force: true });
  console.log('Network cameras, 640x480, 1 Mbit/s each');
  printTable(['cameras', '', 'PSS MiB', 'MiB each', '% of a core'], rows);
}
