import { KvsError } from '../errors/kvs-error.ts';
import { ElementHeader, hex, malformed, readUnsigned } from './element-header.ts';
import { ID } from './ids.ts';
import {
  readBlock,
  readBlockGroup,
  readEbmlHeader,
  readInfo,
  readTags,
  readTracks,
} from './read-elements.ts';
import type { MatroskaHandlers } from './reader-handlers.ts';

/** The largest elements that are read as a whole; larger ones are refused. Bytes. */
export type MatroskaReaderLimits = {
  /** EBML header, Info. */
  readonly headerBytes: number;
  /** Tracks: three times the 1 MiB of codec private data, and some. */
  readonly tracksBytes: number;
  readonly tagsBytes: number;
  /** What a cluster has in front of its first block. */
  readonly clusterStartBytes: number;
  /** SimpleBlock, BlockGroup: a fragment of KVS has at most 50 MB. */
  readonly blockBytes: number;
};

const DEFAULT_LIMITS: MatroskaReaderLimits = {
  headerBytes: 64 * 1024,
  tracksBytes: 4 * 1024 * 1024,
  tagsBytes: 1024 * 1024,
  clusterStartBytes: 64 * 1024,
  blockBytes: 64 * 1024 * 1024,
};

const FIRST_ASSEMBLY_BYTES = 64 * 1024;

/** Level-1 elements that are read over. */
const SKIPPED_IN_SEGMENT: ReadonlySet<number> = new Set([
  ID.SEEK_HEAD,
  ID.CUES,
  ID.CHAPTERS,
  ID.ATTACHMENTS,
  ID.VOID,
  ID.CRC_32,
]);

/** Elements that end a cluster of unknown size, since they cannot be in one. */
const ENDS_CLUSTER: ReadonlySet<number> = new Set([
  ID.EBML,
  ID.SEGMENT,
  ID.CLUSTER,
  ID.INFO,
  ID.TRACKS,
  ID.TAGS,
  ID.SEEK_HEAD,
  ID.CUES,
  ID.CHAPTERS,
  ID.ATTACHMENTS,
]);

/** What a cluster may hold beside blocks (RFC 9559 5.1.3, and what it took out of use). */
const KNOWN_IN_CLUSTER: ReadonlySet<number> = new Set([
  ID.TIMESTAMP,
  ID.POSITION,
  ID.PREV_SIZE,
  ID.SILENT_TRACKS,
  ID.ENCRYPTED_BLOCK,
  ID.VOID,
  ID.CRC_32,
]);

/** What may come next, with where the open elements end (Infinity for an unknown size). */
type Level = 'document' | 'segment' | 'cluster';

/**
 * Reads Matroska as it arrives, in chunks of any size, and calls the handlers in stream order.
 *
 * An element that lies wholly in one chunk is handed out as a view of it; one that does not is
 * assembled in a buffer that is used again. The buffer grows with what has arrived, not with what
 * a size field claims, and no further than the limits.
 */
export class MatroskaReader {
  readonly #handlers: MatroskaHandlers;
  readonly #limits: MatroskaReaderLimits;
  readonly #header = new ElementHeader();

  #level: Level = 'document';
  /** Bytes of the input consumed so far. */
  #position = 0;
  #segmentEnd = 0;
  #clusterEnd = 0;
  /** Bytes of a skipped element still to come. */
  #skip = 0;

  /** The first bytes of an element that has not arrived wholly. */
  #assembly = new Uint8Array(FIRST_ASSEMBLY_BYTES);
  #assembled = 0;
  /** How many bytes the element must have until it makes sense to look at it again. */
  #needed = 0;

  /** What the open cluster has in front of its first block; undefined once that was handed out. */
  #clusterStart: Uint8Array[] | undefined;
  #clusterStartBytes = 0;
  #clusterTimecode: bigint | undefined;
  #failure: KvsError | undefined;

  constructor(handlers: MatroskaHandlers, limits: Partial<MatroskaReaderLimits> = {}) {
    this.#handlers = handlers;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /**
   * Takes the next bytes. Handlers are called before it returns; what they throw comes out here.
   * @throws KvsError STATUS_FORMAT_ERROR when the input is not Matroska that can be read; every
   * later call throws the same.
   */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#consume(chunk);
    } catch (error) {
      this.#failure =
        error instanceof KvsError
          ? error
          : new KvsError('STATUS_INTERNAL_ERROR', 'A Matroska handler threw', { cause: error });
      throw error;
    }
  }

  /**
   * The input has ended.
   * @throws KvsError STATUS_UNEXPECTED_EOF when it ended within an element
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const isOpen =
      (this.#level === 'cluster' && Number.isFinite(this.#clusterEnd)) ||
      (this.#level !== 'document' && Number.isFinite(this.#segmentEnd));
    if (!this.isBetweenElements || isOpen) {
      throw new KvsError(
        'STATUS_UNEXPECTED_EOF',
        `The Matroska input ends within an element, after ${this.#position + this.#assembled} ` +
          'bytes',
      );
    }
    this.#closeCluster();
    this.#level = 'document';
  }

  /** Bytes of the input up to the end of the last element that was read, entered or skipped. */
  get position(): number {
    return this.#position;
  }

  /** Whether all that has come so far was whole elements. */
  get isBetweenElements(): boolean {
    return this.#assembled === 0 && this.#skip === 0;
  }

  #consume(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
        this.#advance(skipped);
      } else if (this.#assembled > 0) {
        const taken = Math.min(this.#needed - this.#assembled, chunk.length - at);
        this.#assemble(chunk, at, at + taken);
        at += taken;
        if (this.#assembled === this.#needed) this.#stepAssembled();
      } else {
        const used = this.#step(chunk, at, chunk.length);
        at += used;
        if (used === 0) {
          this.#assemble(chunk, at, chunk.length);
          at = chunk.length;
        }
      }
    }
  }

  #stepAssembled(): void {
    const length = this.#assembled;
    this.#assembled = 0;
    if (this.#step(this.#assembly, 0, length) === 0) this.#assembled = length;
  }

  #assemble(source: Uint8Array, start: number, end: number): void {
    const length = this.#assembled + end - start;
    if (length > this.#assembly.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#assembly.length));
      larger.set(this.#assembly.subarray(0, this.#assembled));
      this.#assembly = larger;
    }
    this.#assembly.set(source.subarray(start, end), this.#assembled);
    this.#assembled = length;
  }

  #advance(bytes: number): void {
    this.#position += bytes;
    if (this.#level === 'cluster' && this.#skip === 0 && this.#position >= this.#clusterEnd) {
      this.#closeCluster();
    }
    if (this.#level === 'segment' && this.#skip === 0 && this.#position >= this.#segmentEnd) {
      this.#level = 'document';
    }
  }

  /**
   * Consumes one element, or the header of one that is entered or skipped.
   * @returns bytes consumed; 0 when more are needed, how many is then in #needed
   */
  #step(data: Uint8Array, at: number, end: number): number {
    const header = this.#header;
    const needed = header.read(data, at, end);
    if (needed > 0) {
      this.#needed = needed;
      return 0;
    }
    const { id, size, headerBytes } = header;
    this.#leaveFor(id);
    const parentEnd = this.#level === 'cluster' ? this.#clusterEnd : this.#segmentEnd;
    if (
      this.#level !== 'document' &&
      Number.isFinite(size) &&
      this.#position + headerBytes + size > parentEnd
    ) {
      throw malformed(`element ${hex(id)} is larger than its parent`);
    }
    const isEntered =
      (this.#level === 'document' && id === ID.SEGMENT) ||
      (this.#level === 'segment' && id === ID.CLUSTER);
    if (isEntered) {
      this.#enter(id, size, data.subarray(at, at + headerBytes));
      this.#advance(headerBytes);
      return headerBytes;
    }
    if (!Number.isFinite(size)) throw malformed(`element ${hex(id)} has an unknown size`);
    const limit = this.#wholeLimit(id);
    if (limit === undefined) {
      this.#skip = size;
      this.#advance(headerBytes);
      return headerBytes;
    }
    if (id === ID.SIMPLE_BLOCK || id === ID.BLOCK_GROUP) {
      this.#announceCluster();
      this.#handlers.blockStart?.(size);
    }
    if (size > limit) {
      throw malformed(`element ${hex(id)} has ${size} bytes, at most ${limit} are allowed`);
    }
    const total = headerBytes + size;
    if (end - at < total) {
      this.#needed = total;
      return 0;
    }
    const raw = data.subarray(at, at + total);
    this.#handle(id, raw.subarray(headerBytes), raw);
    this.#advance(total);
    return total;
  }

  /** Closes what an element with this id cannot be in. */
  #leaveFor(id: number): void {
    if (this.#level === 'cluster' && ENDS_CLUSTER.has(id)) {
      if (Number.isFinite(this.#clusterEnd)) throw malformed(`element ${hex(id)} within a cluster`);
      this.#closeCluster();
    }
    if (this.#level === 'segment' && (id === ID.EBML || id === ID.SEGMENT)) {
      if (Number.isFinite(this.#segmentEnd)) throw malformed(`element ${hex(id)} within a segment`);
      this.#level = 'document';
    }
  }

  #enter(id: number, size: number, raw: Uint8Array): void {
    const end = this.#position + raw.length + size;
    if (id === ID.SEGMENT) {
      this.#level = 'segment';
      this.#segmentEnd = end;
      this.#handlers.segmentStart?.(raw);
      return;
    }
    this.#level = 'cluster';
    this.#clusterEnd = end;
    this.#clusterStart = [new Uint8Array(raw)];
    this.#clusterStartBytes = raw.length;
    this.#clusterTimecode = undefined;
  }

  /** How large an element may be that is read as a whole; undefined when it is skipped. */
  #wholeLimit(id: number): number | undefined {
    const limits = this.#limits;
    if (this.#level === 'document') {
      if (id === ID.EBML) return limits.headerBytes;
      if (id === ID.VOID) return undefined;
      throw malformed(`element ${hex(id)} where an EBML header must be`);
    }
    if (this.#level === 'segment') {
      switch (id) {
        case ID.INFO:
          return limits.headerBytes;
        case ID.TRACKS:
          return limits.tracksBytes;
        case ID.TAGS:
          return limits.tagsBytes;
        default:
          if (!SKIPPED_IN_SEGMENT.has(id)) {
            throw malformed(`unknown element ${hex(id)} in the segment`);
          }
          return undefined;
      }
    }
    if (id === ID.SIMPLE_BLOCK || id === ID.BLOCK_GROUP) return limits.blockBytes;
    if (!KNOWN_IN_CLUSTER.has(id)) throw malformed(`unknown element ${hex(id)} in a cluster`);
    return this.#clusterStart === undefined
      ? undefined
      : limits.clusterStartBytes - this.#clusterStartBytes;
  }

  #handle(id: number, body: Uint8Array, raw: Uint8Array): void {
    const handlers = this.#handlers;
    switch (id) {
      case ID.EBML:
        readEbmlHeader(body);
        handlers.ebmlHeader?.(raw);
        break;
      case ID.INFO:
        handlers.info?.(readInfo(body), raw);
        break;
      case ID.TRACKS:
        handlers.tracks?.(readTracks(body), raw);
        break;
      case ID.TAGS:
        handlers.tags?.(readTags(body), raw);
        break;
      case ID.SIMPLE_BLOCK:
        handlers.block?.(readBlock(body, true), raw);
        break;
      case ID.BLOCK_GROUP:
        handlers.block?.(readBlockGroup(body), raw);
        break;
      default:
        this.#clusterStart?.push(new Uint8Array(raw));
        this.#clusterStartBytes += raw.length;
        if (id === ID.TIMESTAMP) this.#clusterTimecode = readUnsigned(body);
    }
  }

  /** The cluster's first block begins, or the cluster ends without one. */
  #announceCluster(): void {
    if (this.#clusterStart === undefined) return;
    if (this.#clusterTimecode === undefined) {
      throw malformed('a cluster without a timestamp in front of its first block');
    }
    const raw = Buffer.concat(this.#clusterStart, this.#clusterStartBytes);
    this.#clusterStart = undefined;
    this.#handlers.clusterStart?.(this.#clusterTimecode, raw);
  }

  #closeCluster(): void {
    if (this.#level !== 'cluster') return;
    if (this.#clusterTimecode !== undefined) {
      this.#announceCluster();
      this.#handlers.clusterEnd?.(Number.isFinite(this.#clusterEnd));
    }
    this.#clusterStart = undefined;
    this.#level = 'segment';
  }
}
