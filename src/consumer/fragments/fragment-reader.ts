import { KvsError } from '../../errors/kvs-error.ts';
import { MatroskaReader } from '../../matroska/reader.ts';
import type { ReadBlock, ReadTag, ReadTrack } from '../../matroska/reader-handlers.ts';
import type { ConsumedFragment, ConsumedTrack } from './consumed-fragment.ts';
import {
  addBlock,
  type FragmentHead,
  fragmentOf,
  newHead,
  type OpenFragment,
} from './open-fragment.ts';
import { type ServiceTags, takeServiceTags } from './service-tags.ts';

const NS_PER_MS = 1_000_000n;

/** A fragment of KVS has at most 50 MB. */
const DEFAULT_MAX_FRAGMENT_BYTES = 64 * 1024 * 1024;

/** What a tag takes in memory beside its text, so that empty ones count. Bytes. */
const TAG_BYTES = 64;

/** Larger chunks are read in pieces, so that not all their fragments are in memory at once. */
const PIECE_BYTES = 1024 * 1024;

/** Options of readFragments and FragmentReader. */
export type FragmentReaderOptions = {
  /** A fragment whose frames and tags have more bytes together is refused. 64 MiB by default. */
  readonly maxFragmentBytes?: number;
  /**
   * For GetMedia's answer, which may end anywhere: its last fragment is whole when its continuation
   * token has come, and left out otherwise.
   */
  readonly needsToken?: boolean;
  /**
   * For a file that was cut off: the frames of its last fragment that are there are handed out, in
   * front of the error.
   */
  readonly includeTruncated?: boolean;
};

/**
 * Makes fragments of Matroska as it arrives: GetMedia's answer, GetMediaForFragmentList's, a file,
 * anything that was put. A fragment is handed out when it is known to be whole.
 */
export class FragmentReader {
  readonly #reader: MatroskaReader;
  readonly #take: (fragment: ConsumedFragment) => void;
  readonly #maxBytes: number;
  readonly #options: FragmentReaderOptions;
  #scaleNs = NS_PER_MS;
  #tracks: readonly ConsumedTrack[] = [];
  /** What stands in front of the next cluster, or behind the document's last one. */
  #head: FragmentHead = newHead();
  /** Whether the document has had a cluster. */
  #hasCluster = false;
  #open: OpenFragment | undefined;

  constructor(take: (fragment: ConsumedFragment) => void, options: FragmentReaderOptions = {}) {
    this.#take = take;
    this.#options = options;
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
    if (isWhole && this.#reader.isBetweenElements) this.#endFragment();
  }

  /**
   * The input has ended.
   * @throws KvsError STATUS_UNEXPECTED_EOF when it ended within an element, or GetMedia's within a
   * fragment; what was whole before was handed out
   */
  end(): void {
    const { needsToken = false, includeTruncated = false } = this.#options;
    try {
      this.#reader.end();
    } catch (error) {
      // Nobody can be asked for the rest of a fragment that is from no service.
      const isOwn = this.#open?.hasEnded === true && this.#open.service.number === undefined;
      if (includeTruncated || isOwn) this.#endDocument();
      throw error;
    }
    const { number, continuationToken } = (this.#open ?? this.#head).service;
    if (needsToken && number !== undefined && continuationToken === undefined) {
      throw new KvsError('STATUS_UNEXPECTED_EOF', `The media ends within fragment ${number}`);
    }
    this.#endDocument();
  }

  #onDocument(): void {
    this.#endDocument();
    this.#head = newHead();
    this.#hasCluster = false;
    this.#tracks = [];
    this.#scaleNs = NS_PER_MS;
  }

  #onTags(tags: readonly ReadTag[]): void {
    // Behind a cluster: what only GetMedia's trailer has is about that one.
    const service: ServiceTags = {};
    const producers = takeServiceTags(tags, service);
    const isTrailer =
      service.continuationToken !== undefined || service.millisBehindNow !== undefined;
    const owner = isTrailer && this.#open !== undefined ? this.#open : this.#head;
    Object.assign(owner.service, service);
    this.#head.tags.push(...producers);
    for (const { name, value } of producers) {
      this.#head.bytes += TAG_BYTES + name.length + value.length;
    }
    this.#checkSize(this.#head.bytes + (this.#open?.bytes ?? 0));
  }

  #onCluster(timecode: bigint): void {
    const head = this.#head;
    this.#head = newHead();
    this.#endFragment();
    this.#hasCluster = true;
    this.#open = this.#openFragment(head, timecode);
  }

  #openFragment(head: FragmentHead, timecode: bigint): OpenFragment {
    return {
      ...head,
      scaleNs: this.#scaleNs,
      timecodeNs: timecode * this.#scaleNs,
      tracks: this.#tracks,
      frames: [],
      hasEnded: false,
    };
  }

  #onBlock(block: ReadBlock): void {
    if (this.#open === undefined) return;
    addBlock(this.#open, block);
    this.#checkSize(this.#open.bytes);
  }

  #checkSize(bytes: number): void {
    if (bytes <= this.#maxBytes) return;
    throw new KvsError('STATUS_FORMAT_ERROR', `A fragment has more than ${this.#maxBytes} bytes`, {
      advice: 'Raise maxFragmentBytes, if such fragments are expected.',
    });
  }

  /** Hands out the open fragment, with the tags that no other one can claim. */
  #endFragment(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    open.tags.push(...this.#head.tags);
    Object.assign(open.service, this.#head.service);
    this.#head = newHead();
    this.#take(fragmentOf(open));
  }

  #endDocument(): void {
    const { tags, service } = this.#head;
    // The service sends fragments without frames so, and their tags are not to be lost.
    const hasTagsAlone =
      !this.#hasCluster &&
      (service.number !== undefined || tags.some(({ hasTargets }) => !hasTargets));
    if (hasTagsAlone) this.#open ??= this.#openFragment(newHead(), 0n);
    this.#endFragment();
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
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      // What came in front of what cannot be read is whole.
      let failure: unknown;
      try {
        reader.push(chunk.subarray(at, at + PIECE_BYTES));
      } catch (error) {
        failure = error;
      }
      yield* ready.splice(0);
      if (failure !== undefined) throw failure;
    }
  }
  try {
    reader.end();
  } finally {
    yield* ready.splice(0);
  }
}
