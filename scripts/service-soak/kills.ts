import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { call, createStream } from '../../test/local/support/client.ts';
import { type LocalCommand, residentMiB, startCommand } from '../../test/local/support/command.ts';
import { type PutMedia, putMedia } from '../../test/local/support/put-media.ts';
import { median } from '../bench/lib/statistics.ts';
import { fillWeeks, WEEKS_STREAM } from '../bench/lib/weeks-folder.ts';
import { readFragments } from './get-fragments.ts';
import { bodyOf, type PreparedMedia, prepareMedia } from './prepared-media.ts';
import { numbersOf } from './viewers.ts';

export type KillsOptions = {
  readonly kills: number;
  /** Fragments that are in the folder at first. */
  readonly fragments: number;
};

const MAX_START_MS = 1000;
/** Whatever is stored. */
const MAX_START_MIB = 100;
/** More media than a round sends. */
const ROUND_MS = 3_600_000;
const STREAMS = ['a', 'b', 'c', 'd'];
/** Between a service's start and its end, at most. */
const MAX_LIFE_MS = 2000;

/** A service as it was found after a start. */
type Started = LocalCommand & { readonly startMs: number; readonly startMiB: number };

/**
 * Kills the service again and again while cameras send at full speed; what was PERSISTED must be
 * there after the next start, and readable. Returns what must not be.
 */
export async function soakKills(folder: string, options: KillsOptions): Promise<string[]> {
  const { kills, fragments } = options;
  if (fragments > 0) await fillWeeks(folder, 'parts', fragments);
  const media = prepareMedia(1_000_000, 10);
  const problems: string[] = [];
  const promised = new Map<string, Set<string>>(STREAMS.map((name) => [name, new Set()]));
  const starts: Started[] = [];
  let service: Started | undefined;
  for (let kill = 0; kill <= kills; kill++) {
    service = await start(folder, fragments);
    starts.push(service);
    for (const [name, numbers] of promised) {
      if (kill === 0) await createStream(service.url, name);
      problems.push(...(await missing(service.url, name, [...numbers], kill)));
    }
    if (kill === kills) break;
    // Each round has times of its own: a copy would take the place of what was promised.
    const from = Date.now() + kill * ROUND_MS;
    const sessions = await Promise.all(
      STREAMS.map((name) => sendAll(service?.url ?? '', name, media, from)),
    );
    await Promise.all(sessions.map(({ waitFor }) => waitFor((ack) => isPersisted(ack))));
    await pause(Math.random() * MAX_LIFE_MS);
    service.child.kill('SIGKILL');
    await once(service.child, 'exit');
    await Promise.all(sessions.map(({ ended }) => ended));
    STREAMS.forEach((name, i) => {
      for (const ack of sessions[i]?.acks ?? []) {
        if (isPersisted(ack)) promised.get(name)?.add(ack.FragmentNumber ?? '');
      }
    });
  }
  if (service !== undefined) {
    service.child.kill('SIGTERM');
    await once(service.child, 'exit');
  }
  const total = [...promised.values()].reduce((sum, numbers) => sum + numbers.size, 0);
  const startMs = starts.map((start) => Math.round(start.startMs));
  const slowestMs = Math.max(...startMs);
  const mostMiB = Math.round(Math.max(...starts.map(({ startMiB }) => startMiB)));
  console.log(
    `${fragments} fragments at first, ${kills} kills, ${total} fragments persisted meanwhile; ` +
      `a start took ${median(startMs)} ms, at most ${slowestMs} ms and ${mostMiB} MiB`,
  );
  if (slowestMs > MAX_START_MS) problems.push(`a start took ${slowestMs} ms`);
  if (mostMiB > MAX_START_MIB) problems.push(`${mostMiB} MiB after a start`);
  return problems;
}

/** Until it listens, and has answered about what is stored. */
async function start(folder: string, fragments: number): Promise<Started> {
  const beganMs = performance.now();
  const service = await startCommand(folder);
  const input = fragments > 0 ? { StreamName: WEEKS_STREAM, MaxResults: 1 } : {};
  const path = fragments > 0 ? '/listFragments' : '/listStreams';
  const { status } = await call(service.url, path, input);
  if (status !== 200) throw new Error(`${path} answers ${status}`);
  const startMs = performance.now() - beganMs;
  return { ...service, startMs, startMiB: residentMiB(service.child).now };
}

function isPersisted(ack: PutMedia['acks'][number]): boolean {
  return ack.EventType === 'PERSISTED';
}

/** Sends more than a service lives to read, as fast as it reads, and leaves the session open. */
async function sendAll(
  url: string,
  name: string,
  media: PreparedMedia,
  startMs: number,
): Promise<PutMedia> {
  const session = await putMedia(url, name);
  const send = async (): Promise<void> => {
    for (const { bytes } of bodyOf(media, startMs, 100_000)) {
      if (session.request.destroyed) return;
      if (!session.request.write(bytes)) {
        await Promise.race([once(session.request, 'drain'), session.ended]);
      }
    }
  };
  send().catch(() => {});
  return session;
}

/** What was promised and is not there; of the newest, also what cannot be read whole. */
async function missing(
  url: string,
  name: string,
  promised: readonly string[],
  kill: number,
): Promise<string[]> {
  const listed = new Set(await numbersOf(url, name));
  const lost = promised.filter((number) => !listed.has(number));
  const newest = promised.slice(-100);
  const read = newest.length === 0 ? 0 : await readFragments(url, name, newest);
  const problems = lost.map((number) => `${name}: ${number} is gone after ${kill} kills`);
  if (read !== newest.length) problems.push(`${name}: ${read} of ${newest.length} can be read`);
  return problems;
}
