import { connect } from 'node:net';
import { memoryBytes } from '../../storage/heap.ts';
import { call, createStream } from '../support/client.ts';
import { Dice } from './mutate.ts';
import { type HostileRequest, PATHS } from './paths.ts';
import { type HostileWorld, STREAMS } from './world.ts';

/** Answers that go on without an end are looked at for so long. */
const ENDLESS_MS = 20;
/** Everything else is answered within this, however busy the machine is. */
const ANSWER_MS = 60_000;
const LANES = 4;
const TIDY_EVERY = 2_000;

export type HostileOptions = {
  readonly path: string;
  readonly seed: number;
  readonly first?: number;
  readonly cases: number;
};

/** What came of a run. */
export type HostileResult = {
  /** How often each status was answered; 0: the connection ended without one. */
  readonly statuses: ReadonlyMap<number, number>;
  /** What must not be, with the case that shows it. */
  readonly failures: readonly string[];
  readonly grownBytes: number;
};

/** Sends a path's requests, four at a time; the service must answer all of them and stay small. */
export async function sendHostile(
  world: HostileWorld,
  { path, seed, first = 0, cases }: HostileOptions,
): Promise<HostileResult> {
  const make = PATHS.get(path);
  if (make === undefined) throw new Error(`no path ${path}: ${[...PATHS.keys()].join(', ')}`);
  const statuses = new Map<number, number>();
  const failures: string[] = [];
  let next = first;
  const end = first + cases;
  const lane = async (number: number, until: number): Promise<void> => {
    while (next < until) {
      const index = next++;
      const request = make(world, new Dice(seed * 1_000_003 + index), number);
      const status = await answerOf(world.service.url, request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const isUnanswered = status === 0 && request.kind === 'whole';
      if ((status >= 500 || isUnanswered) && failures.length < 20) {
        failures.push(
          `case ${index}: ${status} for ${JSON.stringify(request.bytes.toString('latin1', 0, 300))}`,
        );
      }
    }
  };
  let beforeBytes: number | undefined;
  while (next < end) {
    const until = Math.min(end, next + TIDY_EVERY);
    await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i, until)));
    await tidy(world);
    // What is set up once, and compiled, is there by now.
    beforeBytes ??= memoryBytes();
  }
  return { statuses, failures, grownBytes: memoryBytes() - (beforeBytes ?? 0) };
}

/** Puts right what requests that were valid after all have done; fails when nobody answers. */
async function tidy({ service }: HostileWorld): Promise<void> {
  const { url, streams, faults } = service;
  faults.clear();
  const health = await fetch(`${url}/health`);
  if (health.status !== 200) throw new Error(`the service's health is ${health.status}`);
  for (const { record } of streams.list()) {
    const isOwn = record.name === 'kept' || (STREAMS as readonly string[]).includes(record.name);
    if (!isOwn) await call(url, '/deleteStream', { StreamARN: record.arn });
  }
  for (const name of STREAMS) if (streams.byName(name) === undefined) await createStream(url, name);
  if (streams.byName('kept') === undefined) throw new Error('the stream with media was deleted');
}

/** Sends bytes and reads the answer's first line; 0 for an end without one. */
function answerOf(url: string, request: HostileRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
    const late = setTimeout(() => {
      reject(
        new Error(`no answer within ${ANSWER_MS} ms: ${request.bytes.toString('latin1', 0, 300)}`),
      );
      socket.destroy();
    }, ANSWER_MS);
    let endless: NodeJS.Timeout | undefined;
    socket.on('data', (part: Buffer) => {
      if (text.length < 2_000) text += part.toString('latin1');
      // Events, live pictures, GetMedia: what goes on without an end.
      if (request.kind !== 'media') endless ??= setTimeout(() => socket.destroy(), ENDLESS_MS);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(late);
      clearTimeout(endless);
      resolve(statusOf(text));
    });
    const { kind, bytes } = request;
    if (kind === 'cut') socket.write(bytes, () => socket.destroy());
    // What may lack a part of itself has an end, so that nobody waits for that.
    else if (kind === 'broken') socket.end(bytes);
    else socket.write(bytes);
  });
}

function statusOf(text: string): number {
  const last = text.startsWith('HTTP/1.1 100') ? text.slice(text.indexOf('\r\n\r\n') + 4) : text;
  return Number(/^HTTP\/1\.1 (\d+)/.exec(last)?.[1] ?? 0);
}
