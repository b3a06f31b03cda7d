import { MAX_RELATIVE_TIMECODE, MIN_RELATIVE_TIMECODE } from './blocks.ts';
import {
  double,
  type EbmlElement,
  element,
  encodeElements,
  sizeLength,
  text,
  unsigned,
  writeSize,
} from './ebml.ts';
import { ebmlHeader } from './header.ts';
import { BLOCK_FLAG, ID } from './ids.ts';
import type { MatroskaTag } from './tags.ts';

/** One timecode unit. Files have milliseconds, which every player takes. */
const UNIT_NS = 1_000_000n;

/** DateUTC counts from 2001-01-01T00:00:00Z (RFC 9559, section 5.1.2.11). */
const DATE_EPOCH_NS = BigInt(Date.UTC(2001, 0, 1)) * 1_000_000n;

/** A size of eight bytes that says "unknown", so that the true one fits in its place. */
const UNKNOWN_SIZE = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
/** Bytes of the Segment's id in front of its size. */
const SEGMENT_ID_BYTES = 4;

const INFO_ID_BYTES = 4;
const INFO_SIZE_BYTES = 2;

/** A SeekHead with three entries, and a Duration: their places are kept until the end. */
const SEEK_HEAD_BYTES = 68;
const DURATION_BYTES = 11;
/** Id and size of a Void. */
const VOID_HEADER_BYTES = 2;

/** A frame of a file. */
export type FileFrame = {
  readonly trackNumber: number;
  readonly ptsNs: bigint;
  readonly durationNs: bigint | undefined;
  readonly isKeyFrame: boolean;
  readonly isInvisible: boolean;
  readonly isDiscardable: boolean;
  readonly data: Uint8Array;
};

/** A track of a file. */
export type FileTrack = {
  readonly number: number;
  readonly defaultDurationNs: number | undefined;
  /** Payload of its TrackEntry element. */
  readonly entry: Uint8Array;
};

/** What the header of a file is made of. */
export type FileHeader = {
  readonly tracks: readonly FileTrack[];
  /** The time that becomes 0 in the file. */
  readonly startNs: bigint;
  /** Whether that time counts from 1970. */
  readonly isEpoch: boolean;
  readonly writingApp: string;
};

/** Bytes for a place in the file that has been written already. */
export type FilePatch = { readonly position: number; readonly data: Uint8Array };

/** Where a cluster with a key frame begins. */
type Cue = { readonly timecode: bigint; readonly trackNumber: number; readonly position: number };

/**
 * Writes a Matroska file from its begin to its end. As it comes it is a valid stream without a
 * known length; the patches at its end make a file of it that knows its length and can be sought in.
 */
export class MatroskaFileWriter {
  readonly #startNs: bigint;
  readonly #header: Uint8Array;
  /** Offset of what the Segment holds; positions in SeekHead and Cues count from here. */
  readonly #segmentAt: number;
  readonly #infoAt: number;
  readonly #durationAt: number;
  readonly #tracksAt: number;
  readonly #cues: Cue[] = [];
  readonly #defaultDurationsNs: ReadonlyMap<number, bigint>;
  readonly #lastPtsNs = new Map<number, bigint>();
  #position: number;
  #endNs: bigint;

  constructor({ tracks, startNs, isEpoch, writingApp }: FileHeader) {
    this.#startNs = startNs;
    this.#endNs = startNs;
    this.#defaultDurationsNs = new Map(
      tracks.map(({ number, defaultDurationNs = 0 }) => [
        number,
        BigInt(Math.round(defaultDurationNs)),
      ]),
    );
    const app = text(writingApp);
    const begin = Buffer.concat([
      encodeElements([ebmlHeader(4)]),
      unsigned(ID.SEGMENT, SEGMENT_ID_BYTES),
      UNKNOWN_SIZE,
    ]);
    const info = encodeElements([
      // The size form is fixed, so that the place of the Duration is known.
      element(
        ID.INFO,
        [
          element(ID.VOID, new Uint8Array(DURATION_BYTES - VOID_HEADER_BYTES)),
          element(ID.TIMESTAMP_SCALE, unsigned(UNIT_NS, 4)),
          isEpoch ? element(ID.DATE_UTC, signed(startNs - DATE_EPOCH_NS)) : null,
          element(ID.MUXING_APP, app),
          element(ID.WRITING_APP, app),
        ],
        INFO_SIZE_BYTES,
      ),
    ]);
    const trackEntries = encodeElements([
      element(
        ID.TRACKS,
        tracks.map(({ entry }) => element(ID.TRACK_ENTRY, entry)),
      ),
    ]);
    this.#segmentAt = begin.length;
    this.#infoAt = begin.length + SEEK_HEAD_BYTES;
    this.#durationAt = this.#infoAt + INFO_ID_BYTES + INFO_SIZE_BYTES;
    this.#tracksAt = this.#infoAt + info.length;
    const kept = encodeElements([
      element(ID.VOID, new Uint8Array(SEEK_HEAD_BYTES - VOID_HEADER_BYTES)),
    ]);
    this.#header = Buffer.concat([begin, kept, info, trackEntries]);
    this.#position = this.#header.length;
  }

  /** What the file begins with. */
  get header(): Uint8Array {
    return this.#header;
  }

  /**
   * Frames of one fragment as one cluster, or as several where their times are further apart than
   * one can say; tags stand in front of it.
   */
  fragment(tags: readonly MatroskaTag[], frames: readonly FileFrame[]): Uint8Array {
    const parts: Uint8Array[] = [];
    if (tags.length > 0) this.#add(parts, encodeElements([tagsElement(tags)]));
    for (const cluster of clustersOf(frames, this.#startNs)) this.#addCluster(parts, cluster);
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** What the file ends with, and what is then known of its beginning. */
  end(): { readonly tail: Uint8Array; readonly patches: readonly FilePatch[] } {
    const cuesAt = this.#position;
    const tail = encodeElements(this.#cues.length === 0 ? [] : [cuesElement(this.#cues)]);
    const size = new Uint8Array(UNKNOWN_SIZE.length);
    writeSize(size, 0, cuesAt + tail.length - this.#segmentAt, size.length);
    const durationUnits = Number(this.#endNs - this.#startNs) / Number(UNIT_NS);
    const seekHead =
      this.#cues.length === 0 ? [] : [{ position: this.#segmentAt, data: this.#seekHead(cuesAt) }];
    return {
      tail,
      patches: [
        { position: this.#segmentAt - size.length, data: size },
        ...seekHead,
        {
          position: this.#durationAt,
          data: encodeElements([element(ID.DURATION, double(durationUnits))]),
        },
      ],
    };
  }

  #add(parts: Uint8Array[], bytes: Uint8Array): void {
    parts.push(bytes);
    this.#position += bytes.length;
  }

  #addCluster(parts: Uint8Array[], { timecode, frames }: Cluster): void {
    const position = this.#position - this.#segmentAt;
    const key = frames.find(({ isKeyFrame }) => isKeyFrame);
    if (key !== undefined) {
      const { trackNumber } = key;
      const at = (key.ptsNs - this.#startNs) / UNIT_NS;
      this.#cues.push({ timecode: at < 0n ? 0n : at, trackNumber, position });
    }
    const blocks = frames.map((frame) =>
      this.#block(frame, relativeTo(timecode, frame, this.#startNs)),
    );
    const cluster = element(ID.CLUSTER, [element(ID.TIMESTAMP, unsigned(timecode, 8)), ...blocks]);
    this.#add(parts, encodeElements([cluster]));
  }

  #block(frame: FileFrame, relative: number): EbmlElement {
    const { trackNumber, ptsNs, durationNs, isKeyFrame, isInvisible, isDiscardable, data } = frame;
    const before = this.#lastPtsNs.get(trackNumber) ?? ptsNs;
    this.#lastPtsNs.set(trackNumber, ptsNs);
    // A frame that does not say how long it lasts is taken to last as long as the one before it.
    const endNs = ptsNs + (durationNs ?? (ptsNs > before ? ptsNs - before : 0n));
    if (endNs > this.#endNs) this.#endNs = endNs;
    const numberBytes = sizeLength(trackNumber);
    const body = new Uint8Array(numberBytes + 3 + data.length);
    writeSize(body, 0, trackNumber, numberBytes);
    new DataView(body.buffer).setInt16(numberBytes, relative);
    const isSimple =
      durationNs === undefined || durationNs === this.#defaultDurationsNs.get(trackNumber);
    body[numberBytes + 2] =
      (isInvisible ? BLOCK_FLAG.INVISIBLE : 0) |
      (isSimple && isKeyFrame ? BLOCK_FLAG.KEY : 0) |
      (isSimple && isDiscardable ? BLOCK_FLAG.DISCARDABLE : 0);
    body.set(data, numberBytes + 3);
    if (isSimple) return element(ID.SIMPLE_BLOCK, body);
    // A Block is a key frame unless it refers to another one.
    const reference = (before - ptsNs) / UNIT_NS;
    return element(ID.BLOCK_GROUP, [
      element(ID.BLOCK, body),
      element(ID.BLOCK_DURATION, unsigned(rounded(durationNs), 8)),
      isKeyFrame ? null : element(ID.REFERENCE_BLOCK, signed(reference)),
    ]);
  }

  #seekHead(cuesAt: number): Uint8Array {
    const entries: readonly (readonly [id: number, at: number])[] = [
      [ID.INFO, this.#infoAt],
      [ID.TRACKS, this.#tracksAt],
      [ID.CUES, cuesAt],
    ];
    return encodeElements([
      element(
        ID.SEEK_HEAD,
        entries.map(([id, at]) =>
          element(ID.SEEK, [
            element(ID.SEEK_ID, unsigned(id, 4)),
            element(ID.SEEK_POSITION, unsigned(at - this.#segmentAt, 8)),
          ]),
        ),
      ),
    ]);
  }
}

/** Frames whose times one cluster can say. */
type Cluster = { readonly timecode: bigint; readonly frames: FileFrame[] };

function clustersOf(frames: readonly FileFrame[], startNs: bigint): Cluster[] {
  const clusters: Cluster[] = [];
  const begin = (timecode: bigint): Cluster => {
    const cluster = { timecode: timecode < 0n ? 0n : timecode, frames: [] };
    clusters.push(cluster);
    return cluster;
  };
  const first = frames.reduce<bigint | undefined>(
    (least, { ptsNs }) => (least === undefined || ptsNs < least ? ptsNs : least),
    undefined,
  );
  if (first === undefined) return clusters;
  let cluster = begin(rounded(first - startNs));
  for (const frame of frames) {
    const relative = relativeTo(cluster.timecode, frame, startNs);
    if (relative > MAX_RELATIVE_TIMECODE || relative < MIN_RELATIVE_TIMECODE) {
      cluster = begin(rounded(frame.ptsNs - startNs));
    }
    cluster.frames.push(frame);
  }
  return clusters;
}

function relativeTo(timecode: bigint, { ptsNs }: FileFrame, startNs: bigint): number {
  return Number(rounded(ptsNs - startNs) - timecode);
}

/** The nearest number of units. */
function rounded(ns: bigint): bigint {
  return ns < 0n ? -((-ns + UNIT_NS / 2n) / UNIT_NS) : (ns + UNIT_NS / 2n) / UNIT_NS;
}

function signed(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return bytes;
}

function tagsElement(tags: readonly MatroskaTag[]): EbmlElement {
  const simpleTags = tags.map(({ name, value }) =>
    element(ID.SIMPLE_TAG, [element(ID.TAG_NAME, text(name)), element(ID.TAG_STRING, text(value))]),
  );
  return element(ID.TAGS, [element(ID.TAG, simpleTags)]);
}

function cuesElement(cues: readonly Cue[]): EbmlElement {
  return element(
    ID.CUES,
    cues.map(({ timecode, trackNumber, position }) =>
      element(ID.CUE_POINT, [
        element(ID.CUE_TIME, unsigned(timecode, 8)),
        element(ID.CUE_TRACK_POSITIONS, [
          element(ID.CUE_TRACK, unsigned(trackNumber, 4)),
          element(ID.CUE_CLUSTER_POSITION, unsigned(position, 8)),
        ]),
      ]),
    ),
  );
}
