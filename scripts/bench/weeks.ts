import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { call } from '../../test/local/support/client.ts';
import { residentMiB, startCommand } from '../../test/local/support/command.ts';
import {
  fillWeeks,
  WEEKS_FRAGMENT_MS,
  WEEKS_STREAM,
  type WeeksLayout,
} from './lib/weeks-folder.ts';

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
      const startMs = await fillWeeks(folder, layout, count);
      await measure(folder, layout, count, startMs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

async function measure(
  folder: string,
  layout: WeeksLayout,
  count: number,
  startMs: number,
): Promise<void> {
  const began = performance.now();
  const { child, url } = await startCommand(folder);
  try {
    const listensMs = performance.now() - began;
    const answer = await call(url, '/listFragments', { StreamName: WEEKS_STREAM, MaxResults: 1 });
    const answersMs = performance.now() - began;
    if (answer.status !== 200) throw new Error(`ListFragments answers ${answer.status}`);
    const { now: startMiB } = residentMiB(child);
    const total = await stored(url);
    await readWindows(url, startMs, count);
    const line = [
      `${count} fragments, ${layout}:`,
      `listens after ${Math.round(listensMs)} ms, lists after ${Math.round(answersMs)} ms,`,
      `${Math.round(startMiB)} MiB then, ${Math.round(residentMiB(child).now)} MiB after reading windows all over;`,
      `${total} stored`,
    ];
    process.stdout.write(`${line.join(' ')}\n`);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
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
    const fromMs = startMs + ((i * 37) % 100) * (count / 100) * WEEKS_FRAGMENT_MS;
    const TimestampRange = { StartTimestamp: fromMs / 1000, EndTimestamp: fromMs / 1000 + 7200 };
    const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange };
    const input = { StreamName: WEEKS_STREAM, MaxResults: 1000, FragmentSelector: selector };
    const { status } = await call(url, '/listFragments', input);
    if (status !== 200) throw new Error(`ListFragments answers ${status}`);
    // Opens and fills an HLS session; its media is a hole, which is said when it is read.
    const window = `from=${fromMs}&until=${fromMs + 7_200_000}`;
    await fetch(`${url}/api/recording?stream=${WEEKS_STREAM}&${window}`);
  }
}
