import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { startChromium } from '../../test/local/support/chromium.ts';
import { type LocalCommand, residentMiB, startCommand } from '../../test/local/support/command.ts';
import { PLAYING, until } from '../../test/local/support/page.ts';
import { median, percentile } from '../bench/lib/statistics.ts';
import { startClockCamera } from './clock-camera.ts';
import { CLOCK_MS } from './clock-picture.ts';
import { INSTALL_PROBE, LOOK, type Seen } from './page-probe.ts';
import { openPlainPage, type PlainPage } from './plain-page.ts';

export type PageOptions = {
  readonly minutes: number;
};

const STREAM = 'camera';
/** In which no new picture comes. */
const MAX_STILL_MS = 1000;
const MAX_LATENCY_MS = 1000;
/** What a player does until it has found its place. */
const SETTLE_MS = 10_000;
const MEMORY_EVERY_S = 10;

/** What may grow from the third quarter to the last one: until then, V8 lets the heaps grow. */
type Memory = {
  readonly heapMiB: number;
  readonly nodes: number;
  readonly listeners: number;
  /** Of the process of a second page, at which nobody looks: looking takes memory there. */
  readonly rendererMiB: number;
  readonly serviceMiB: number;
};

const MAX_GROWTH: Memory = {
  heapMiB: 1,
  nodes: 50,
  listeners: 10,
  rendererMiB: 10,
  serviceMiB: 6,
};

const NO_MEMORY: Memory = {
  heapMiB: Number.NaN,
  nodes: Number.NaN,
  listeners: Number.NaN,
  rendererMiB: Number.NaN,
  serviceMiB: Number.NaN,
};

/** What a page that plays uses at least, seconds of processor time a second. */
const MIN_CPU = 0.01;

/** Of a shorter run the third quarter is still the beginning. */
const MEMORY_FROM_MINUTES = 10;

/**
 * The page's live view in Chromium, beside a camera with sound that sends all the time. How old the
 * picture is, it tells by its pixels. Returns what must not be.
 */
export async function soakPage(folder: string, { minutes }: PageOptions): Promise<string[]> {
  const service = await startCommand(folder);
  const camera = await startClockCamera(service.url, STREAM);
  const chromium = await startChromium();
  const plain = openPlainPage(`${service.url}/#${STREAM}`);
  console.log(`producer ${camera.child.pid}, service ${service.child.pid}`);
  try {
    const page = await chromium.browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(`the page says: ${error.message}`));
    await page.goto(`${service.url}/#${STREAM}`);
    await until(page, `document.querySelector('video') !== null && ${PLAYING}`);
    await page.evaluate(INSTALL_PROBE);
    await pause(SETTLE_MS);
    await page.evaluate(LOOK);
    const watched = watch(page, plain, service, minutes * 60);
    const end = await Promise.race([watched, camera.ended]);
    if (typeof end === 'string') return [end];
    const { seen, memory, plainCpu } = end;
    const isPlaying = plainCpu > MIN_CPU * minutes * 60;
    return [
      ...errors,
      ...(isPlaying ? [] : [`the second page took ${plainCpu.toFixed(1)} s: it did not play`]),
      ...pictureProblems(seen),
      ...latencyProblems(seen),
      ...memoryProblems(memory, minutes >= MEMORY_FROM_MINUTES),
    ];
  } finally {
    await chromium.close();
    await plain.close();
    await camera.stop();
    service.child.kill('SIGTERM');
    await once(service.child, 'exit');
  }
}

type Watched = {
  readonly seen: readonly Seen[];
  readonly memory: readonly Memory[];
  /** Processor time of the second page, seconds. */
  readonly plainCpu: number;
};

async function watch(
  page: Page,
  plain: PlainPage,
  service: LocalCommand,
  seconds: number,
): Promise<Watched> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const seen: Seen[] = [];
  const memory: Memory[] = [];
  const beganMs = performance.now();
  const beganCpu = plain.cpuSeconds();
  console.log('   s  latency  ahead  still  heap  nodes  listeners  renderer  service');
  for (let second = 1; second <= seconds; second++) {
    await pause(Math.max(0, beganMs + second * 1000 - performance.now()));
    seen.push(await page.evaluate<Seen>(LOOK));
    if (second % MEMORY_EVERY_S === 0) {
      const now = { ...(await memoryOf(devtools)), rendererMiB: plain.ownMiB() };
      memory.push({ ...now, serviceMiB: residentMiB(service.child).own });
    }
    if (second % (MEMORY_EVERY_S * 6) === 0) printLine(second, seen.slice(-60), memory.at(-1));
  }
  return { seen, memory, plainCpu: plain.cpuSeconds() - beganCpu };
}

/** After a collection: what is left is held. */
async function memoryOf(
  devtools: CDPSession,
): Promise<Pick<Memory, 'heapMiB' | 'nodes' | 'listeners'>> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (name: string): number =>
    metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return {
    heapMiB: of('JSHeapUsedSize') / 2 ** 20,
    nodes: of('Nodes'),
    listeners: of('JSEventListeners'),
  };
}

function printLine(second: number, seen: readonly Seen[], memory: Memory | undefined): void {
  const { heapMiB, nodes, listeners, rendererMiB, serviceMiB } = memory ?? NO_MEMORY;
  const columns: readonly (readonly [value: string, width: number])[] = [
    [second.toFixed(0), 4],
    [percentile(latenciesOf(seen), 0.99).toFixed(0), 9],
    [(median(seen.map(({ aheadS }) => aheadS)) * 1000).toFixed(0), 7],
    [Math.max(...seen.map(({ stillMs }) => stillMs)).toFixed(0), 7],
    [heapMiB.toFixed(2), 6],
    [nodes.toFixed(0), 7],
    [listeners.toFixed(0), 11],
    [rendererMiB.toFixed(0), 10],
    [serviceMiB.toFixed(0), 9],
  ];
  console.log(columns.map(([value, width]) => value.padStart(width)).join(''));
}

function pictureProblems(seen: readonly Seen[]): string[] {
  const sum = (of: (one: Seen) => number): number => seen.reduce((all, one) => all + of(one), 0);
  const longest = Math.max(...seen.map(({ stillMs }) => stillMs));
  const perSecond = sum(({ pictures }) => pictures) / seen.length;
  const hurried = seen.filter(({ playbackRate }) => playbackRate !== 1).length;
  console.log(
    `${perSecond.toFixed(1)} pictures a second, at most ${longest.toFixed(0)} ms without one; ` +
      `waited ${sum(({ waiting }) => waiting)} times, jumped ${sum(({ seeks }) => seeks)} times, ` +
      `hurried in ${hurried} of ${seen.length} looks`,
  );
  return seen.flatMap(({ stillMs, notice }, i) => {
    const problems = notice === '' ? [] : [`at ${i + 1} s the page shows no picture: ${notice}`];
    if (stillMs > MAX_STILL_MS) {
      problems.push(`at ${i + 1} s the picture had stood still for ${stillMs.toFixed(0)} ms`);
    }
    return problems;
  });
}

function latencyProblems(seen: readonly Seen[]): string[] {
  const latencies = latenciesOf(seen);
  const most = percentile(latencies, 0.99);
  const unread = seen.length - latencies.length;
  console.log(
    `age of the picture: median ${median(latencies).toFixed(0)} ms, 99 % below ` +
      `${most.toFixed(0)}, at most ${Math.max(...latencies).toFixed(0)}; ${unread} tell no time`,
  );
  const problems = most < MAX_LATENCY_MS ? [] : [`1 % of the pictures were ${most} ms old or more`];
  return unread > seen.length / 100 ? [...problems, `${unread} pictures tell no time`] : problems;
}

/** Of those pictures that tell the time. */
function latenciesOf(seen: readonly Seen[]): number[] {
  return seen.flatMap(({ shownMs, nowMs }) =>
    shownMs === null ? [] : [(nowMs - shownMs + CLOCK_MS) % CLOCK_MS],
  );
}

function memoryProblems(memory: readonly Memory[], isJudged: boolean): string[] {
  const quarter = memory.length / 4;
  return (Object.keys(MAX_GROWTH) as (keyof Memory)[]).flatMap((name) => {
    const values = memory.map((one) => one[name]);
    const early = median(values.slice(2 * quarter, 3 * quarter));
    const late = median(values.slice(-quarter));
    console.log(
      `${name}: ${early.toFixed(1)} in the third quarter, ${late.toFixed(1)} in the last`,
    );
    if (!isJudged || late - early <= MAX_GROWTH[name]) return [];
    return [`${name} grew from ${early.toFixed(1)} to ${late.toFixed(1)}`];
  });
}
