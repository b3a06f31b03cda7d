import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalService } from '../../../src/local/options.ts';
import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { storedFragments } from '../../support/stored-fragments.ts';

/** One frame as the service has it. */
export type StoredFrame = {
  /** The track's id (TrackUID), which stays the same when tracks come and go. */
  readonly track: number;
  /** Its place in the header of the fragment (TrackNumber). */
  readonly number: number;
  /** Epoch ms (or media ms) of its PTS. */
  readonly timeMs: number;
  readonly isKeyFrame: boolean;
  readonly bytes: number;
  readonly hash: string;
  /** Number of the fragment that it is in, counted from 0. */
  readonly fragment: number;
};

/** Files of the persisted fragments of a stream, in the order in which they were numbered. */
export function fragmentFiles(service: LocalService, stream: string): string[] {
  const folder = service.streams.byName(stream)?.record.folder;
  if (folder === undefined) return [];
  return storedFragments(join(service.dataDir, 'streams', folder)).map(({ path }) => path);
}

/** All frames that a stream has stored, in stored order. */
export async function storedFrames(service: LocalService, stream: string): Promise<StoredFrame[]> {
  const frames: StoredFrame[] = [];
  for (const [fragment, file] of fragmentFiles(service, stream).entries()) {
    frames.push(...readFrames(await readFile(file), fragment));
  }
  return frames;
}

function readFrames(bytes: Buffer, fragment: number): StoredFrame[] {
  const frames: StoredFrame[] = [];
  let clusterTime = 0;
  const ids = new Map<number, number>();
  const reader = new MatroskaReader({
    tracks: (tracks) => {
      for (const { number, uid } of tracks) ids.set(number, Number(uid ?? number));
    },
    clusterStart: (timecode) => {
      clusterTime = Number(timecode);
    },
    block: (block) => {
      frames.push({
        track: ids.get(block.trackNumber) ?? block.trackNumber,
        number: block.trackNumber,
        timeMs: clusterTime + block.relativeTimecode,
        isKeyFrame: block.isKeyFrame,
        bytes: block.data.length,
        hash: createHash('md5').update(block.data).digest('hex'),
        fragment,
      });
    },
  });
  reader.push(bytes);
  reader.end();
  return frames;
}
