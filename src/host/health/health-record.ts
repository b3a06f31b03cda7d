import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { durationText } from '../../runtime/duration-text.ts';

/** An open stream's moments; when it was opened stands in for what has not happened yet. */
export type StreamHealth = {
  /** Last received or persisted ack. */
  readonly ackedMs: number;
  /** Last frame from the pipeline. */
  readonly frameMs: number;
};

/**
 * What a process that streams writes down for whoever watches over it. Times are milliseconds of
 * CLOCK_MONOTONIC, which all processes of a machine share and nobody sets.
 */
export type HealthRecord = {
  /** Any stream's last received or persisted ack, of an earlier process too. */
  readonly ackedMs?: number;
  /** Where a local service answers; nothing else is looked at then. */
  readonly serviceUrl?: string;
  /** The streams that are open now, by name. */
  readonly streams: Readonly<Record<string, StreamHealth>>;
};

/** Whether everything that should be acknowledged is, and in words why not. */
export type HealthVerdict = { readonly healthy: boolean; readonly text: string };

const DEFAULT_LIMIT_SECONDS = 60;

/**
 * How old the last ack may be (KVS_HEALTH_SECONDS), in ms; with 0 everything is healthy. Undefined
 * when it is no number.
 */
export function healthLimitMs(
  env: Readonly<Record<string, string | undefined>>,
): number | undefined {
  const seconds = Number(env['KVS_HEALTH_SECONDS'] || DEFAULT_LIMIT_SECONDS);
  return seconds >= 0 ? seconds * 1000 : undefined;
}

/** Milliseconds of CLOCK_MONOTONIC: process.hrtime reads that clock on Linux. */
export function machineMonotonicMs(): number {
  return Math.round(Number(process.hrtime.bigint()) / 1e6);
}

/** What is written at `path`; undefined when there is nothing, or nothing that makes sense. */
export function readHealthRecord(path: string): HealthRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isHealthRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the record in one step, so that nobody ever reads half of it. */
export async function writeHealthRecord(path: string, record: HealthRecord): Promise<void> {
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, JSON.stringify(record));
  await rename(partial, path);
}

/**
 * Unhealthy: nothing was acknowledged within the limit, or one of several open streams was not.
 * A stream that was just opened has the limit's time for its first ack.
 */
export function judgeHealth(
  record: HealthRecord | undefined,
  nowMs: number,
  limitMs: number,
): HealthVerdict {
  if (record === undefined) return { healthy: false, text: 'No kvssink has been opened yet.' };
  const ago = (ms: number): string => durationText(nowMs - ms);
  const streams = Object.entries(record.streams);
  const late = streams
    .filter(([, { ackedMs }]) => nowMs - ackedMs > limitMs)
    .map(([name, { ackedMs, frameMs }]) =>
      nowMs - frameMs > limitMs
        ? `${name}: no frame has come from the pipeline for ${ago(frameMs)}`
        : `${name}: frames arrive, but the last ack was ${ago(ackedMs)} ago`,
    );
  if (late.length > 0) return { healthy: false, text: `${late.join('; ')}.` };
  if (streams.length > 0) {
    return { healthy: true, text: `Acknowledged: ${streams.map(([name]) => name).join(', ')}.` };
  }
  if (record.ackedMs === undefined) {
    return { healthy: false, text: 'No stream is open, and nothing was ever acknowledged.' };
  }
  return nowMs - record.ackedMs > limitMs
    ? { healthy: false, text: `No stream is open; the last ack was ${ago(record.ackedMs)} ago.` }
    : { healthy: true, text: 'No stream is open at this moment.' };
}

function isHealthRecord(value: unknown): value is HealthRecord {
  if (!isObject(value) || !isObject(value['streams'])) return false;
  if (value['ackedMs'] !== undefined && typeof value['ackedMs'] !== 'number') return false;
  if (value['serviceUrl'] !== undefined && typeof value['serviceUrl'] !== 'string') return false;
  return Object.values(value['streams']).every(
    (stream) =>
      isObject(stream) &&
      typeof stream['ackedMs'] === 'number' &&
      typeof stream['frameMs'] === 'number',
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
