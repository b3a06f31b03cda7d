import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KvsError } from '../../errors/kvs-error.ts';
import { findSpool } from '../../spool/find-spool.ts';
import { lockOwner } from '../../spool/lock.ts';
import { isAlive } from '../../spool/lock-owner.ts';
import { FOLDER_SUFFIX } from '../../spool/settings.ts';

/** One stream's spool, as `kvs-launch spool list --json` prints it. */
export type SpoolSummary = {
  /** Name of the stream, or its ARN. */
  readonly stream: string;
  readonly streamName: string | undefined;
  readonly streamArn: string | undefined;
  readonly folder: string;
  readonly fragments: number;
  readonly frames: number;
  /** Of the fragments, and of the files that they are in. */
  readonly bytes: number;
  readonly diskBytes: number;
  readonly durationMs: number;
  /** Begin of the oldest fragment and end of the newest, where their times are since the epoch. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** Places that cannot be read. */
  readonly damaged: number;
  readonly encrypted: boolean;
  /** Number of the process that has it open. */
  readonly usedBy: number | undefined;
};

/** Times before 2000 are those of the media. */
const EPOCH_FROM_NS = 946_684_800_000_000_000n;

/**
 * What is in the spools of a spool-directory; nothing is changed.
 * @param stream only that of this name or ARN
 * @throws KvsError STATUS_INVALID_ARG where there is no such folder or stream
 */
export async function summariesOf(directory: string, stream?: string): Promise<SpoolSummary[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KvsError('STATUS_INVALID_ARG', `The spool-directory cannot be read: ${why}`, {
      cause,
    });
  }
  const folders = names.filter((name) => name.endsWith(FOLDER_SUFFIX)).sort();
  const all = await Promise.all(folders.map((name) => summaryOf(join(directory, name))));
  const wanted = all.filter((one) => stream === undefined || one.stream === stream);
  if (stream !== undefined && wanted.length === 0) {
    const known = all.map((one) => one.stream).join(', ');
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `There is no spool of stream ${stream} in ${directory}`,
      {
        advice: known === '' ? 'There is none at all.' : `There are those of ${known}.`,
      },
    );
  }
  return wanted;
}

async function summaryOf(folder: string): Promise<SpoolSummary> {
  const { segments, stream } = await findSpool(folder, undefined, false);
  const owner = await lockOwner(folder);
  const found = segments.flatMap(({ fragments }) => fragments);
  const total = { frames: 0, bytes: 0, durationNs: 0n };
  let oldestNs: bigint | undefined;
  let newestNs: bigint | undefined;
  for (const { meta, retimed } of found) {
    total.frames += meta.frameCount;
    total.bytes += meta.byteLength;
    total.durationNs += meta.endNs - meta.startNs;
    const [startNs, endNs] = [meta.startNs + retimed.byNs, meta.endNs + retimed.byNs];
    if (oldestNs === undefined || startNs < oldestNs) oldestNs = startNs;
    if (newestNs === undefined || endNs > newestNs) newestNs = endNs;
  }
  const { streamName, streamArn } = stream ?? {};
  return {
    // Without a segment only the folder tells.
    stream: streamName ?? streamArn ?? basename(folder).slice(0, -FOLDER_SUFFIX.length),
    streamName,
    streamArn,
    folder,
    fragments: found.length,
    frames: total.frames,
    bytes: total.bytes,
    diskBytes: segments.reduce((sum, { byteLength }) => sum + byteLength, 0),
    durationMs: Number(total.durationNs / 1_000_000n),
    oldest: isoTime(oldestNs),
    newest: isoTime(newestNs),
    damaged: segments.reduce((sum, { damaged }) => sum + damaged.length, 0),
    encrypted: segments.some(({ isEncrypted }) => isEncrypted),
    usedBy: owner !== undefined && (await isAlive(folder, owner)) ? owner.pid : undefined,
  };
}

function isoTime(ns: bigint | undefined): string | undefined {
  if (ns === undefined || ns < EPOCH_FROM_NS) return undefined;
  return new Date(Number(ns / 1_000_000n)).toISOString();
}
