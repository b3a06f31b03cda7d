import { KvsError } from '../../../errors/kvs-error.ts';
import { laceStep } from '../../../matroska/lacing.ts';
import { MatroskaReader } from '../../../matroska/reader.ts';
import type {
  MatroskaHandlers,
  ReadBlock,
  ReadTag,
  ReadTrack,
} from '../../../matroska/reader-handlers.ts';
import { type MatroskaTag, TAG } from '../../../matroska/tags.ts';
import type { FileTimes, MediaHandlers } from '../media/media-file.ts';
import { SessionHeader } from '../media/session-header.ts';

/** A fragment of ten seconds must fit the 16 bits of its blocks' times. */
const MIN_SCALE_NS = 306_000;
const DEFAULT_SCALE_NS = 1_000_000;

/** Id of a cluster, from which on a file can be read again. */
const CLUSTER_ID = Buffer.from([0x1f, 0x43, 0xb6, 0x75]);

/** Of the tags that KVS gives meaning to those that a producer writes. */
const EVENT_TAGS: ReadonlySet<string> = new Set([
  TAG.NOTIFICATION,
  TAG.IMAGE_GENERATION,
  TAG.IMAGE_PREFIX,
]);

const NO_TAGS: readonly MatroskaTag[] = [];

/** Bytes of a file that cannot be read. `to` is undefined where it goes on to the end. */
export type Damage = {
  readonly from: number;
  readonly to: number | undefined;
  readonly what: string;
};

/** What a Matroska file is read into. */
export type MatroskaInputHandlers = Pick<MediaHandlers, 'header' | 'frame' | 'gap'>;

/** What is known of a track's frames. */
type TrackTimes = {
  readonly read: ReadTrack;
  lastNs: bigint | undefined;
  /** The smallest distance of two frames that was seen. */
  distanceNs: bigint;
};

/**
 * Reads the frames of a Matroska or WebM file, however it was written: clusters of known and unknown
 * size, Blocks and SimpleBlocks, laced frames, several documents behind each other. What is damaged is read over up
 * to the next cluster.
 */
export class MatroskaInput {
  readonly damages: Damage[] = [];
  readonly #handlers: MatroskaInputHandlers;
  #reader: MatroskaReader;
  /** Where in the file the reader's first byte lies. */
  #readerStart = 0;
  /** Bytes that have come. */
  #received = 0;
  /** The last bytes of what is searched for a cluster; undefined while all is well. */
  #search: { readonly from: number; readonly what: string; tail: Buffer } | undefined;
  /** What has to stand in front of a cluster for it to be read: EBML header, Segment, Info, Tracks. */
  #prologue: Uint8Array[] = [];
  #hasHeader = false;
  #scaleNs = DEFAULT_SCALE_NS;
  #times: FileTimes = { createdMs: undefined, durationMs: undefined };
  #tracks = new Map<number, TrackTimes>();
  #clusterNs = 0n;
  #startsCluster = false;
  #tags: MatroskaTag[] = [];

  constructor(handlers: MatroskaInputHandlers) {
    this.#handlers = handlers;
    this.#reader = new MatroskaReader(this.#readerHandlers());
  }

  /**
   * Takes the next bytes; the frames in them are handed out before it returns.
   * @throws KvsError where the file is no Matroska that can be read at all
   */
  push(chunk: Buffer): void {
    this.#received += chunk.length;
    let rest: Buffer | undefined = chunk;
    while (rest !== undefined && rest.length > 0) {
      rest = this.#search === undefined ? this.#read(rest) : this.#seek(rest);
    }
  }

  /**
   * The file has ended.
   * @throws KvsError where it was no Matroska that can be read at all
   */
  end(): void {
    if (this.#search !== undefined) {
      const { from, what } = this.#search;
      this.damages.push({ from, to: undefined, what });
      return;
    }
    try {
      this.#reader.end();
    } catch (error) {
      if (!(error instanceof KvsError) || !this.#hasHeader) throw error;
      const from = this.#readerStart + this.#reader.position;
      this.damages.push({ from, to: undefined, what: 'the file ends in the middle' });
    }
    if (!this.#hasHeader) {
      throw new KvsError('STATUS_FORMAT_ERROR', 'The input has no Matroska header');
    }
  }

  /** @returns what is left of the bytes where they cannot be read */
  #read(bytes: Buffer): Buffer | undefined {
    try {
      this.#reader.push(bytes);
      return undefined;
    } catch (error) {
      const isFormat = error instanceof KvsError && error.code === 'STATUS_FORMAT_ERROR';
      if (!isFormat || !this.#hasHeader) throw error;
      const from = this.#readerStart + this.#reader.position;
      this.#search = { from, what: error.message, tail: Buffer.alloc(0) };
      this.#handlers.gap();
      // The id that cannot be right must not be found again.
      return bytes.subarray(Math.max(0, from + 1 - this.#startOf(bytes)));
    }
  }

  /** @returns the bytes from the next cluster on */
  #seek(bytes: Buffer): Buffer | undefined {
    const search = this.#search;
    if (search === undefined) return bytes;
    const joined = search.tail.length === 0 ? bytes : Buffer.concat([search.tail, bytes]);
    const at = joined.indexOf(CLUSTER_ID);
    if (at < 0) {
      search.tail = Buffer.from(
        joined.subarray(Math.max(0, joined.length - CLUSTER_ID.length + 1)),
      );
      return undefined;
    }
    const found = joined.subarray(at);
    const to = this.#startOf(found);
    this.damages.push({ from: search.from, to, what: search.what });
    this.#search = undefined;
    this.#reader = new MatroskaReader(this.#readerHandlers());
    const prologue = Buffer.concat(this.#prologue);
    this.#prologue = [];
    this.#readerStart = to - prologue.length;
    this.#reader.push(prologue);
    return found;
  }

  /** Where in the file bytes lie that are the last that have come. */
  #startOf(bytes: Buffer): number {
    return this.#received - bytes.length;
  }

  #readerHandlers(): MatroskaHandlers {
    return {
      ebmlHeader: (raw) => {
        this.#prologue = [raw.slice()];
        this.#scaleNs = DEFAULT_SCALE_NS;
      },
      // What is read again has no end of its own.
      segmentStart: (raw) => this.#prologue.push(withUnknownSize(raw)),
      info: ({ timecodeScaleNs, dateMs, durationMs }, raw) => {
        this.#prologue.push(raw.slice());
        this.#scaleNs = timecodeScaleNs;
        this.#times = { createdMs: dateMs, durationMs };
      },
      tracks: (tracks, raw) => this.#onTracks(tracks, raw),
      tags: (tags) => this.#tags.push(...fragmentTags(tags)),
      clusterStart: (timecode) => {
        this.#clusterNs = timecode * BigInt(this.#scaleNs);
        this.#startsCluster = true;
      },
      block: (block) => this.#onBlock(block),
    };
  }

  #onTracks(tracks: readonly ReadTrack[], raw: Uint8Array): void {
    this.#prologue.push(raw.slice());
    const scaleNs = this.#scaleNs >= MIN_SCALE_NS ? this.#scaleNs : DEFAULT_SCALE_NS;
    const known = new Map(
      tracks.map((read): [number, TrackTimes] => [
        read.number,
        { read, lastNs: undefined, distanceNs: BigInt(read.defaultDurationNs ?? 0) },
      ]),
    );
    this.#tracks = known;
    this.#hasHeader = true;
    this.#handlers.header(new SessionHeader(tracks, scaleNs), this.#times);
  }

  #onBlock(block: ReadBlock): void {
    const track = this.#tracks.get(block.trackNumber);
    if (track === undefined) return;
    const step = laceStep(block, track.read, this.#scaleNs);
    const frames = block.laced.length === 0 ? [block.data] : [block.data, ...block.laced];
    for (const [index, data] of frames.entries()) {
      const relative = (block.relativeTimecode + index * step) * this.#scaleNs;
      const ptsNs = this.#clusterNs + BigInt(Math.round(relative));
      const tags = this.#tags.length === 0 ? NO_TAGS : this.#tags;
      this.#tags = this.#tags.length === 0 ? this.#tags : [];
      const { isKeyFrame, isInvisible, isDiscardable } = block;
      this.#handlers.frame({
        track: block.trackNumber,
        ptsNs,
        durationNs: durationOf(track, ptsNs),
        isKeyFrame,
        isInvisible,
        isDiscardable,
        data,
        startsCluster: this.#startsCluster,
        tags,
      });
      this.#startsCluster = false;
    }
  }
}

/** A frame lasts until the next one: as long as the shortest distance so far. */
function durationOf(track: TrackTimes, ptsNs: bigint): bigint {
  const { lastNs, read } = track;
  track.lastNs = ptsNs;
  if (read.defaultDurationNs !== undefined || lastNs === undefined) return track.distanceNs;
  const distanceNs = ptsNs - lastNs;
  const isShorter = track.distanceNs === 0n || distanceNs < track.distanceNs;
  if (distanceNs > 0n && isShorter) track.distanceNs = distanceNs;
  return track.distanceNs;
}

/** Tags that are a fragment's: not those about the file or a track, and not what a service wrote. */
function fragmentTags(tags: readonly ReadTag[]): MatroskaTag[] {
  return tags
    .filter(({ name, hasTargets }) => {
      return !hasTargets && (!name.startsWith('AWS') || EVENT_TAGS.has(name));
    })
    .map(({ name, value }) => ({ name, value }));
}

/** A Segment's id with a size that says nothing. */
function withUnknownSize(raw: Uint8Array): Uint8Array {
  return Uint8Array.of(...raw.subarray(0, 4), 0xff);
}
