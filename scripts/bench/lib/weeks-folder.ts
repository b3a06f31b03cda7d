import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { noteSealed } from '../../../src/local/archive/day-summary.ts';
import { newState, Part } from '../../../src/local/archive/part.ts';
import { addLine } from '../../../src/local/archive/part-index.ts';
import { dayOf, partName } from '../../../src/local/archive/part-names.ts';
import { FragmentNumbers } from '../../../src/local/fragments/fragment-number.ts';
import type { FragmentRecord } from '../../../src/local/fragments/fragment-record.ts';

/** How the folder was kept: in parts, or with a file per fragment, as at first. */
export type WeeksLayout = 'parts' | 'killed' | 'files';

/** The stream that there is. */
export const WEEKS_STREAM = 'camera';
/** What each fragment lasts. */
export const WEEKS_FRAGMENT_MS = 2000;
/** 1 Mbit/s. */
const FRAGMENT_BYTES = 250_000;
const PART_FRAGMENTS = 1800;

/**
 * Makes a service's data folder with the recordings of a camera that has just stopped, whose media
 * are holes. Returns when it began, epoch ms.
 */
export async function fillWeeks(
  folder: string,
  layout: WeeksLayout,
  count: number,
): Promise<number> {
  const stream = join(folder, 'streams', WEEKS_STREAM);
  mkdirSync(stream, { recursive: true });
  const startMs = Date.now() - count * WEEKS_FRAGMENT_MS;
  const numbers = new FragmentNumbers();
  const index = layout === 'files' ? openSync(join(stream, 'index.ndjson'), 'w') : undefined;
  for (let from = 0; from < count; from += PART_FRAGMENTS) {
    const length = Math.min(PART_FRAGMENTS, count - from);
    const records = Array.from({ length }, (_, i) => {
      const timeMs = startMs + (from + i) * WEEKS_FRAGMENT_MS;
      return recordOf(numbers.next(timeMs), timeMs);
    });
    if (index === undefined) {
      const isOpen = layout === 'killed' && from + length === count;
      await writePart(stream, records, isOpen);
      continue;
    }
    writeSync(index, records.map((add) => `${JSON.stringify({ add })}\n`).join(''));
    for (const { number } of records) writeFileSync(join(stream, `${number}.mkv`), '');
  }
  if (index !== undefined) closeSync(index);
  const record = {
    name: WEEKS_STREAM,
    arn: `arn:aws:kinesisvideo:us-west-2:123456789012:stream/${WEEKS_STREAM}/${startMs}`,
    creationTimeMs: startMs,
    folder: WEEKS_STREAM,
    kmsKeyId: 'arn:aws:kms:us-west-2:123456789012:alias/aws/kinesisvideo',
    retentionHours: 24 * 365,
    version: 'aaaaaaaaaaaaaaaaaaaa',
    status: 'ACTIVE',
    tags: {},
  };
  writeFileSync(join(folder, 'streams.json'), JSON.stringify([record]));
  return startMs;
}

function recordOf(number: string, timeMs: number): FragmentRecord {
  return {
    number,
    timecode: timeMs,
    producerTimestampMs: timeMs,
    serverTimestampMs: timeMs,
    durationMs: WEEKS_FRAGMENT_MS,
    bytes: FRAGMENT_BYTES,
    clusterOffset: 600,
    frames: 60,
    keyFrames: 1,
    tracks: [{ number: 1, type: 1, codecId: 'V_MPEG4/ISO/AVC', frames: 60 }],
    formatId: 'd1b2a7c4e5f60718',
    session: '5f2c1a34-9d3c-4b0e-8f00-2f1f3c4d5e6f',
    replaced: [],
  };
}

/** Writes a part whose media is a hole. */
async function writePart(
  stream: string,
  records: readonly FragmentRecord[],
  isOpen: boolean,
): Promise<void> {
  const [first] = records;
  if (first === undefined) return;
  const startMs = first.serverTimestampMs;
  const day = dayOf(startMs);
  const name = partName(startMs, new Set());
  mkdirSync(join(stream, day), { recursive: true });
  const part = new Part(join(stream, day, name), day, name, newState(first.number, startMs), true);
  const entries = records.map((record, i) => ({ record, at: i * FRAGMENT_BYTES }));
  const text = entries.map(addLine).join('');
  writeFileSync(part.indexFile, text);
  const mediaBytes = records.length * FRAGMENT_BYTES;
  closeSync(openSync(part.mediaFile, 'w'));
  truncateSync(part.mediaFile, mediaBytes);
  for (const entry of entries) part.noteAdded(entry);
  part.state = { ...part.state, indexBytes: text.length, mediaBytes };
  if (!isOpen) await noteSealed(part);
}
