import { MatroskaReader } from '../../matroska/reader.ts';
import type { ReadTag, ReadTrack } from '../../matroska/reader-handlers.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import { fragmentReport } from './fragment-report.ts';
import type { FragmentDetail, TrackReport } from './page-reports.ts';
import { trackReport } from './track-report.ts';

/**
 * Looks into a fragment's file: its tags, and its tracks with what there is of each.
 * @throws ServiceError ResourceNotFoundException when it is not there.
 */
export async function fragmentDetail(stream: LocalStream, number: string): Promise<FragmentDetail> {
  const record = await recordOf(stream, number);
  const file = await read(stream, record);
  const tags: { name: string; value: string }[] = [];
  let tracks: readonly { number: number; report: TrackReport }[] = [];
  const counts = new Map<number, { frames: number; keyFrames: number; bytes: number }>();
  const reader = new MatroskaReader({
    tracks: (found: readonly ReadTrack[]) => {
      tracks = found.map((track) => ({ number: track.number, report: trackReport(track) }));
    },
    tags: (found: readonly ReadTag[]) => {
      for (const { name, value } of found) tags.push({ name, value });
    },
    block: ({ trackNumber, isKeyFrame, data, laced }) => {
      const count = counts.get(trackNumber) ?? { frames: 0, keyFrames: 0, bytes: 0 };
      counts.set(trackNumber, count);
      for (const frame of [data, ...laced]) {
        count.frames += 1;
        count.keyFrames += isKeyFrame ? 1 : 0;
        count.bytes += frame.length;
      }
    },
  });
  reader.push(file);
  return {
    ...fragmentReport(record),
    tags,
    tracks: tracks.map(({ number: track, report }) => ({
      ...report,
      ...(counts.get(track) ?? { frames: 0, keyFrames: 0, bytes: 0 }),
    })),
  };
}

/**
 * A fragment's file, playable by itself.
 * @throws ServiceError ResourceNotFoundException when it is not there.
 */
export async function readFragmentFile(stream: LocalStream, number: string): Promise<Buffer> {
  return read(stream, await recordOf(stream, number));
}

async function recordOf({ fragments }: LocalStream, number: string): Promise<FragmentRecord> {
  const record = await fragments.get(number);
  if (record === undefined) throw missing(number);
  return record;
}

function read({ fragments }: LocalStream, record: FragmentRecord): Promise<Buffer> {
  return fragments.read(record).catch((cause: unknown) => {
    throw missing(record.number, cause);
  });
}

function missing(number: string, cause?: unknown): ServiceError {
  const message = `There is no fragment ${number.slice(0, 128) || 'without a number'}.`;
  return new ServiceError('ResourceNotFoundException', message, { cause });
}
