import { MatroskaReader } from '../../../src/matroska/reader.ts';
import type { ReadTrack } from '../../../src/matroska/reader-handlers.ts';
import type { MatroskaTag } from '../../../src/matroska/tags.ts';

/** A block as it was stored. */
export type StoredBlock = {
  track: number;
  /** Cluster's and block's, in timecode units. */
  timecode: number;
  relative: number;
  isKeyFrame: boolean;
  isInvisible: boolean;
  isDiscardable: boolean;
  /** What videoUnit or audioUnit put in. */
  id: number;
  bytes: Buffer;
};

export type StoredTag = Pick<MatroskaTag, 'name' | 'value'>;

/** A cluster with the tags in front of it. */
export type StoredCluster = { timecode: number; tags: StoredTag[]; blocks: StoredBlock[] };

/** A session's bytes, read back. */
export type ReadSession = {
  tracks: readonly ReadTrack[];
  clusters: StoredCluster[];
  /** Tags behind the last cluster. */
  endTags: StoredTag[];
};

export function readSession(bytes: Uint8Array): ReadSession {
  const session: ReadSession = { tracks: [], clusters: [], endTags: [] };
  const reader = new MatroskaReader({
    tracks: (tracks) => {
      session.tracks = tracks.map((track) => ({ ...track }));
    },
    tags: (tags) => session.endTags.push(...tags.map(({ name, value }) => ({ name, value }))),
    clusterStart: (timecode) => {
      session.clusters.push({ timecode: Number(timecode), tags: session.endTags, blocks: [] });
      session.endTags = [];
    },
    block: (block) => {
      const cluster = session.clusters.at(-1);
      cluster?.blocks.push({
        track: block.trackNumber,
        relative: block.relativeTimecode,
        timecode: cluster.timecode + block.relativeTimecode,
        isKeyFrame: block.isKeyFrame,
        isInvisible: block.isInvisible,
        isDiscardable: block.isDiscardable,
        id: readId(block.data),
        bytes: Buffer.from(block.data),
      });
    },
  });
  reader.push(bytes);
  reader.end();
  return session;
}

/** The ids of a track's frames, in the order in which they are stored. */
export function ids(session: ReadSession | undefined, track = 1): number[] {
  return (session?.clusters ?? []).flatMap(({ blocks }) =>
    blocks.filter((block) => block.track === track).map(({ id }) => id),
  );
}

/** What videoUnit and audioUnit have written. */
function readId(data: Uint8Array): number {
  let id = 0;
  for (const byte of data.subarray(-4)) id = (id << 7) | (byte & 0x7f);
  return id;
}
