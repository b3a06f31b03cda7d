import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { storedFragments } from '../../test/support/stored-fragments.ts';
import { offlineFile, offlineMatroskaFile } from './lib/media.ts';
import { privateNode } from './lib/private-node.ts';
import { MeasuredProcess, type TreeUsage } from './lib/process-tree.ts';
import { median, printTable, short } from './lib/statistics.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const COMMAND = join(root, 'bin', 'kvs-launch.js');
const SDK_PROGRAM = fileURLToPath(new URL('lib/sdk-get-media.js', import.meta.url));

type Subject = { readonly name: string; readonly command: string; readonly args: string[] };

/** The local service, with everything on disk: it is not measured. */
async function startLocal(folder: string): Promise<{ env: NodeJS.ProcessEnv; stop(): void }> {
  const child = spawn(process.execPath, [COMMAND, 'local', '--data', folder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (/AWS_SECRET_ACCESS_KEY=\S+\n/.test(text)) break;
  }
  const env = { ...process.env };
  for (const [, name = '', value] of text.matchAll(/export (\w+)=(\S+)/g)) env[name] = value;
  return { env, stop: () => child.kill() };
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith('.mkv'))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

async function measured(
  { name, command, args }: Subject,
  env: NodeJS.ProcessEnv,
): Promise<TreeUsage> {
  const usage = await new MeasuredProcess(command, args, env).finished();
  if (usage.exitCode !== 0) throw new Error(`${name} ended with ${usage.exitCode}`);
  return usage;
}

/**
 * 600 MB to a local service with `put`, and back with `get`: beside a pipeline that only reads the
 * file, and beside AWS's SDK, whose GetMedia goes into a file.
 */
export async function files(rounds: number): Promise<void> {
  const [matroska, mp4] = [offlineMatroskaFile(), offlineFile()];
  const megabytes = statSync(matroska).size / 1e6;
  const runs = new Map<string, TreeUsage[]>();
  for (let round = 0; round < rounds; round += 1) {
    // A folder of its own, so that the disk is as full each time.
    const folder = mkdtempSync(join(tmpdir(), 'kvs-bench-files-'));
    const local = await startLocal(join(folder, 'data'));
    const node = privateNode();
    const put = (stream: string, file: string): string[] => [
      ...[COMMAND, 'put', '--stream-name', stream, '--start-time', '2026-01-01T00:00:00Z', file],
    ];
    const demuxer = ['matroskademux', '!', 'h264parse', '!', 'fakesink'];
    const archive = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-01-01T00:20:00Z'];
    const get = (file: string): string[] => [COMMAND, 'get', 'matroska', '-o', join(folder, file)];
    const before = [
      {
        name: 'gst-launch-1.0 filesrc … fakesink',
        command: 'gst-launch-1.0',
        args: ['-q', 'filesrc', `location=${matroska}`, '!', ...demuxer],
      },
      { name: 'put, Matroska', command: node, args: put('matroska', matroska) },
      { name: 'put, MP4', command: node, args: put('mp4', mp4) },
    ];
    const keep = async (subject: Subject): Promise<void> => {
      const usage = await measured(subject, local.env);
      runs.set(subject.name, [...(runs.get(subject.name) ?? []), usage]);
    };
    for (const subject of before) await keep(subject);
    const stored = bytesBelow(join(folder, 'data', 'streams', 'matroska'));
    const fragments = storedFragments(join(folder, 'data', 'streams', 'matroska'));
    const count = String(fragments.length);
    const after = [
      {
        name: 'get, GetMedia',
        command: node,
        args: [...get('live.mkv'), '--start', 'earliest', '--count', count],
      },
      { name: 'get, archive', command: node, args: [...get('archive.mkv'), ...archive] },
      { name: 'get, archive, MP4', command: node, args: [...get('archive.mp4'), ...archive] },
      {
        name: 'SDK, GetMedia',
        command: node,
        args: [SDK_PROGRAM, 'matroska', join(folder, 'sdk.mkv'), String(stored)],
      },
    ];
    for (const subject of after) await keep(subject);
    local.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${Math.round(megabytes)} MB, 600 s, plain HTTP, median of ${rounds} (in turn)`);
  printTable(
    ['', 'MB/s', 'CPU ms per MB', 'peak PSS MiB'],
    [...runs].map(([name, usages]) => [
      name,
      short(median(usages.map(({ wallSeconds }) => megabytes / wallSeconds))),
      short(median(usages.map(({ cpuSeconds }) => (1000 * cpuSeconds) / megabytes))),
      short(median(usages.map(({ peakPssMiB }) => peakPssMiB))),
    ]),
  );
}
