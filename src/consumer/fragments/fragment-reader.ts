import { KvsError } from '../../errors/kvs-error.ts';
import { MatroskaReader } from '../../matroska/reader.ts';
import type { ReadBlock, ReadTag, ReadTrack } from '../../matroska/reader-handlers.ts';
import type { MatroskaTag } from '../../matroska/tags.ts';
import type { ConsumedFragment, ConsumedFrame, ConsumedTrack } from './consumed-fragment.ts';
import { type ServiceTags, takeServiceTags } from './service-tags.ts';

const NS_PER_MS = 1_000_000n;

/** A fragment of KVS has at most 50 MB. */
const DEFAULT_MAX_FRAGMENT_BYTES = 64 * 1024 * 1024;

/** Options of readFragments and FragmentReader. */
export type FragmentReaderOptions = {
  /** A fragment whose frames have more bytes together is refused. 64 MiB by default. */
  readonly maxFragmentBytes?: number;
};

/** A frame whose time is still relative to its cluster. */
type ReadFrame = Omit<ConsumedFrame, 'ptsNs'> & { readonly relativeNs: bigint };

/** A cluster whose frames, or the tags behind it, are still coming. */
type OpenFragment = {
  readonly timecodeNs: bigint;
  readonly tracks: readonly ConsumedTrack[];
  readonly service: ServiceTags;
  readonly tags: MatroskaTag[];
  readonly frames: ReadFrame[];
  bytes: number;
  hasEnded: boolean;
};

/**
 * Makes fragments of Matroska as it arrives: GetMedia's answer, GetMediaForFragmentList's, a file,
 * anything that was put. A fragment is handed out when it is known to be whole.
 */
export class FragmentReader {
  readonly #reader: MatroskaReader;
  readonly #take: (fragment: ConsumedFragment) => void;
  readonly #maxBytes: number;
  #scaleNs = 1_000_000n;
  #tracks: readonly ConsumedTrack[] = [];
  /** Tags in front of the next cluster, or behind the document's last one. */
  #tags: MatroskaTag[] = [];
  #service: ServiceTags = {};
  #open: OpenFragment | undefined;

  constructor(take: (fragment: ConsumedFragment) => void, options: FragmentReaderOptions = {}) {
    this.#take = take;
    this.#maxBytes = options.maxFragmentBytes ?? DEFAULT_MAX_FRAGMENT_BYTES;
    this.#reader = new MatroskaReader({
      ebmlHeader: () => this.#onDocument(),
      info: ({ timecodeScaleNs }) => {
        this.#scaleNs = BigInt(timecodeScaleNs);
      },
      tracks: (tracks) => {
        this.#tracks = tracks.map(trackOf);
      },
      tags: (tags) => this.#onTags(tags),
      clusterStart: (timecode) => this.#onCluster(timecode),
      block: (block) => this.#onBlock(block),
      clusterEnd: () => {
        if (this.#open !== undefined) this.#open.hasEnded = true;
      },
    });
  }

  /**
   * Takes the next bytes; fragments are handed out before it returns.
   * @throws KvsError STATUS_FORMAT_ERROR for what is no Matroska, or the service's error in the media
   */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    // GetMedia's last tags say all there is to say: the next fragment need not be waited for.
    const isWhole = this.#open?.service.continuationToken !== undefined && this.#open.hasEnded;
    if (isWhole && this.#reader.isBetweenElements) this.#finish();
  }

  /**
   * The input has ended.
   * @throws KvsError STATUS_UNEXPECTED_EOF when it ended within an element; what was whole before
   * was handed out
   */
  end(): void {
    try {
      this.#reader.end();
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
    this.#finish();
  }

  #onDocument(): void {
    this.#finish();
    this.#tracks = [];
    this.#scaleNs = NS_PER_MS;
  }

  #onTags(tags: readonly ReadTag[]): void {
    // A tag about the file or a track is none of a fragment.
    const own = tags.filter(({ hasTargets, name }) => !hasTargets || name.startsWith('AWS_'));
    const plain = own.map(({ name, value }) => ({ name, value }));
    // Behind a cluster: what only GetMedia's trailer has is about that one.
    const service: ServiceTags = {};
    const producers = takeServiceTags(plain, service);
    const isTrailer =
      service.continuationToken !== undefined || service.millisBehindNow !== undefined;
    Object.assign(
      isTrailer && this.#open !== undefined ? this.#open.service : this.#service,
      service,
    );
    this.#tags.push(...producers);
  }

  #onCluster(timecode: bigint): void {
    const [tags, service] = [this.#tags, this.#service];
    this.#tags = [];
    this.#service = {};
    this.#finish();
    this.#open = {
      timecodeNs: timecode * this.#scaleNs,
      tracks: this.#tracks,
      service,
      tags,
      frames: [],
      bytes: 0,
      hasEnded: false,
    };
  }

  #onBlock(block: ReadBlock): void {
    const open = this.#open;
    if (open === undefined) return;
    const track = open.tracks.find(({ number }) => number === block.trackNumber);
    const frames = [block.data, ...block.laced];
    const lastsNs =
      block.duration === undefined
        ? track?.defaultDurationNs
        : (block.duration * Number(this.#scaleNs)) / frames.length;
    const durationNs = lastsNs === undefined ? undefined : BigInt(Math.round(lastsNs));
    for (const [index, data] of frames.entries()) {
      open.bytes += data.length;
      if (open.bytes > this.#maxBytes) {
        throw new KvsError(
          'STATUS_FORMAT_ERROR',
          `A fragment has more than ${this.#maxBytes} bytes`,
          { advice: 'Raise maxFragmentBytes, if such fragments are expected.' },
        );
      }
      open.frames.push({
        trackNumber: block.trackNumber,
        relativeNs:
          BigInt(block.relativeTimecode) * this.#scaleNs + BigInt(index) * (durationNs ?? 0n),
        durationNs,
        isKeyFrame: block.isKeyFrame,
        isInvisible: block.isInvisible,
        isDiscardable: block.isDiscardable,
        // The reader's bytes are its own again after the call.
        data: new Uint8Array(data),
      });
    }
  }

  /** Hands out the open fragment, with the tags that no other one can claim. */
  #finish(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    open.tags.push(...this.#tags);
    Object.assign(open.service, this.#service);
    this.#tags = [];
    this.#service = {};
    const { service, timecodeNs, tracks, tags } = open;
    const startNs =
      service.producerTimestamp === undefined
        ? timecodeNs
        : BigInt(service.producerTimestamp.getTime()) * NS_PER_MS;
    this.#take({
      number: service.number,
      producerTimestamp: service.producerTimestamp,
      serverTimestamp: service.serverTimestamp,
      timecodeNs,
      tags,
      tracks,
      frames: open.frames.map(({ relativeNs, ...frame }) => ({
        ...frame,
        ptsNs: startNs + relativeNs,
      })),
      continuationToken: service.continuationToken,
      millisBehindNow: service.millisBehindNow,
    });
  }
}

/** Matroska TrackType: https://www.rfc-editor.org/rfc/rfc9559#section-5.1.4.1.3 */
function trackOf({ type, ...track }: ReadTrack): ConsumedTrack {
  return { ...track, kind: type === 1 ? 'video' : type === 2 ? 'audio' : 'other' };
}

/**
 * Fragments of any Matroska source, in order. Nothing is read from the source while the caller is
 * at a fragment; at most one fragment and one chunk are in memory.
 * @throws KvsError as FragmentReader
 */
export async function* readFragments(
  source: AsyncIterable<Uint8Array>,
  options?: FragmentReaderOptions,
): AsyncGenerator<ConsumedFragment, void, undefined> {
  const ready: ConsumedFragment[] = [];
  const reader = new FragmentReader((fragment) => ready.push(fragment), options);
  for await (const chunk of source) {
    // What came in front of what cannot be read is whole.
    let failure: unknown;
    try {
      reader.push(chunk);
    } catch (error) {
      failure = error;
    }
    yield* ready.splice(0);
    if (failure !== undefined) throw failure;
  }
  try {
    reader.end();
  } finally {
    yield* ready.splice(0);
  }
}
