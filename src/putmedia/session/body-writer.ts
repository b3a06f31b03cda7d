import type { ClientRequest } from 'node:http';
import { KvsError } from '../../errors/kvs-error.ts';
import { END_OF_FRAGMENT } from '../../matroska/tags.ts';
import type { Clock } from '../../runtime/clock.ts';
import type {
  FragmentSource,
  SessionFormat,
  StoredFragment,
} from '../../storage/stored-fragment.ts';
import type { SentFragment, SentFragments } from './sent-fragments.ts';

/** One write: large enough that the chunk's framing and the call cost nothing per byte. */
const MAX_WRITE_BYTES = 128 * 1024;
/** What may wait in this process for the kernel to take it. */
const WINDOW_BYTES = 256 * 1024;
/**
 * What may be sent before the service has answered 200. A refused request then wastes little, and
 * the refusal is not lost in a reset over unread data, which is what `Expect: 100-continue` is for;
 * but the first frame does not wait a round trip.
 */
const EARLY_BYTES = 64 * 1024;

/** Called synchronously. */
export type BodyWriterEvents = {
  /** The kernel took the first bytes, so the connection stands. */
  connected(): void;
  /** All of a fragment's bytes have been handed to the kernel. */
  written(sent: SentFragment): void;
  /** The body was ended: everything from `untilIndex` on is left to other sessions. Once. */
  ended(untilIndex: number): void;
  /** A fragment was dropped from the store while half of it was sent. */
  failed(error: KvsError): void;
};

export type BodyWriterOptions = {
  readonly request: ClientRequest;
  readonly source: FragmentSource;
  readonly format: SessionFormat;
  readonly sent: SentFragments;
  /** The first fragment that may be sent; undefined: none until startAt is called. */
  readonly firstIndex: number | undefined;
  /** True for what the owner no longer wants sent. */
  readonly isDone: (fragment: StoredFragment) => boolean;
  readonly clock: Clock;
  readonly events: BodyWriterEvents;
  /** Sees every byte of the body, for KVS_DEBUG_DUMP_DATA_FILE_DIR. */
  readonly dump: ((bytes: Uint8Array) => void) | undefined;
};

/**
 * Moves fragments from the store to one request's body. The socket is given views into the store,
 * nothing is copied or joined; a fragment stays pinned from its first byte until the kernel has
 * taken its last, and at most WINDOW_BYTES wait in the process. Node corks the socket until the end
 * of the tick, so that a frame and its chunk framing leave in one write (and one TLS record).
 */
export class BodyWriter {
  readonly #options: BodyWriterOptions;
  /** Sizes and owners of the writes that the kernel has not taken yet, oldest first. */
  readonly #sizes: number[] = [];
  readonly #owners: (SentFragment | undefined)[] = [];
  /** Whether a write is its owner's last. */
  readonly #lasts: boolean[] = [];
  readonly #onTaken: (error?: Error | null) => void;
  #current: SentFragment | undefined;
  #offset = 0;
  #nextIndex: number | undefined;
  #untilIndex = Number.POSITIVE_INFINITY;
  #isFinishing = false;
  #isAccepted = false;
  #isEnded = false;
  #isClosed = false;
  #hasConnected = false;
  #queuedBytes = 0;
  #sentBytes = 0;
  #lastProgressMs: number;
  #lastWriteMs: number;

  constructor(options: BodyWriterOptions) {
    this.#options = options;
    this.#nextIndex = options.firstIndex;
    this.#lastProgressMs = options.clock.monotonicMs();
    this.#lastWriteMs = this.#lastProgressMs;
    this.#onTaken = (error) => this.#taken(error);
  }

  /** Bytes of the body given to the socket so far, the header included. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes that the kernel has not taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Monotonic ms when the kernel last took something, or something was queued into emptiness. */
  get lastProgressMs(): number {
    return this.#lastProgressMs;
  }

  /** Monotonic ms of the last write. */
  get lastWriteMs(): number {
    return this.#lastWriteMs;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The first fragment that is not, and will not be, part of this body, once that is decided. */
  get untilIndex(): number {
    return this.#untilIndex;
  }

  /** Between two fragments: nothing that was begun is unfinished. */
  get isAtBoundary(): boolean {
    return this.#current === undefined;
  }

  /** A fragment is being sent, and nothing is left of it as far as it goes. */
  get hasSentAll(): boolean {
    const fragment = this.#current?.fragment;
    return (
      this.#queuedBytes === 0 && fragment !== undefined && this.#offset === fragment.byteLength
    );
  }

  /** Sends the Matroska header, with which every body begins. */
  begin(): void {
    this.#write(this.#options.format.headerBytes, undefined);
  }

  /** The service answered 200: no more reason to hold back. */
  accept(): void {
    this.#isAccepted = true;
    this.pump();
  }

  /** Sends from this fragment on; for a body that was begun without a first one. */
  startAt(firstIndex: number): void {
    this.#nextIndex ??= firstIndex;
    this.pump();
  }

  /** Ends the body after the fragment that is being sent; returns the first one left to others. */
  handOver(): number {
    this.limitTo(Number.NEGATIVE_INFINITY);
    return this.#untilIndex;
  }

  /** Ends the body before fragment `untilIndex`, or as soon after it as one that was begun allows. */
  limitTo(untilIndex: number): void {
    this.#untilIndex = Math.min(this.#untilIndex, Math.max(untilIndex, this.#nextIndex ?? 0));
    this.pump();
  }

  /** No more data will come: ends the body after what there is, complete or not. */
  finish(): void {
    this.#isFinishing = true;
    this.pump();
  }

  /** Sends what can be sent now. Call whenever the source changed. */
  pump(): void {
    while (!this.#isEnded && !this.#isClosed && this.#mayWrite()) {
      if (this.#current === undefined && !this.#beginNext()) return;
      const current = this.#current;
      if (current !== undefined && !this.#writeSome(current)) return;
    }
  }

  /** Lets go of everything at once. The request must have been destroyed or finished. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const pinned = new Set(this.#owners);
    pinned.add(this.#current);
    for (const sent of pinned) {
      if (sent !== undefined && !sent.isWritten) this.#options.source.unpin(sent.fragment);
    }
    this.#sizes.length = 0;
    this.#owners.length = 0;
    this.#current = undefined;
    this.#queuedBytes = 0;
  }

  #mayWrite(): boolean {
    return this.#queuedBytes < WINDOW_BYTES && (this.#isAccepted || this.#sentBytes < EARLY_BYTES);
  }

  /** Takes up the next fragment. False when there is none, or when the body was ended. */
  #beginNext(): boolean {
    const { source, sent, clock, format, isDone } = this.#options;
    if (this.#nextIndex === undefined) return false;
    let next = source.firstFrom(this.#nextIndex);
    while (next !== undefined && isDone(next)) next = source.firstFrom(next.index + 1);
    if (next !== undefined && next.index < this.#untilIndex && next.format === format) {
      if (next.byteLength === 0 && !next.complete && !this.#isFinishing) return false;
      source.pin(next);
      this.#current = sent.begin(next, clock.monotonicMs());
      this.#offset = 0;
      this.#nextIndex = next.index + 1;
      return true;
    }
    if (next !== undefined && next.format !== format) {
      this.#untilIndex = Math.min(this.#untilIndex, next.index);
    }
    const isLast = next === undefined ? this.#isFinishing : next.index >= this.#untilIndex;
    if (isLast || this.#nextIndex >= this.#untilIndex) this.#end();
    return false;
  }

  /** Writes the next bytes of the fragment, or completes it. False when there are none yet. */
  #writeSome(current: SentFragment): boolean {
    const { source, events } = this.#options;
    const { fragment } = current;
    const bytes = source.read(fragment, this.#offset, MAX_WRITE_BYTES);
    if (bytes !== undefined && bytes.byteLength > 0) {
      this.#offset += bytes.byteLength;
      this.#write(bytes, current);
      return true;
    }
    const isDropped = source.get(fragment.index) !== fragment;
    if (this.#offset < fragment.byteLength) {
      if (isDropped) {
        const message = `Fragment ${fragment.index} was dropped from the store after ${this.#offset} of its ${fragment.byteLength} bytes were sent`;
        events.failed(new KvsError('STATUS_UPLOAD_HANDLE_ABORTED', message));
      }
      return false;
    }
    if (!fragment.complete && !isDropped && !this.#isFinishing) return false;
    this.#current = undefined;
    // Writes are taken in order: if the newest is not of this fragment, all of this one's were.
    if (this.#owners.at(-1) === current) this.#lasts[this.#lasts.length - 1] = true;
    else this.#release(current);
    return true;
  }

  #write(bytes: Uint8Array, owner: SentFragment | undefined): void {
    const { clock, request, dump } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#queuedBytes === 0) this.#lastProgressMs = nowMs;
    this.#lastWriteMs = nowMs;
    this.#sizes.push(bytes.byteLength);
    this.#owners.push(owner);
    this.#lasts.push(false);
    this.#queuedBytes += bytes.byteLength;
    this.#sentBytes += bytes.byteLength;
    dump?.(bytes);
    request.write(bytes, this.#onTaken);
  }

  /** The kernel has taken the oldest write. */
  #taken(error: Error | null | undefined): void {
    if (this.#isClosed || error) {
      // A request that failed tells its session itself.
      return;
    }
    const bytes = this.#sizes.shift() ?? 0;
    const owner = this.#owners.shift();
    const isLast = this.#lasts.shift() ?? false;
    this.#queuedBytes -= bytes;
    this.#lastProgressMs = this.#options.clock.monotonicMs();
    if (!this.#hasConnected) {
      this.#hasConnected = true;
      this.#options.events.connected();
    }
    if (isLast && owner !== undefined) this.#release(owner);
    this.pump();
  }

  #release(sent: SentFragment): void {
    const { source, events, clock } = this.#options;
    this.#options.sent.written(sent, clock.monotonicMs());
    source.unpin(sent.fragment);
    events.written(sent);
  }

  #end(): void {
    const { request, sent, events } = this.#options;
    this.#isEnded = true;
    this.#untilIndex = Math.min(this.#untilIndex, this.#nextIndex ?? 0);
    if (sent.last !== undefined && !sent.last.fragment.endsWithEofr) {
      this.#write(END_OF_FRAGMENT, undefined);
    }
    request.end();
    events.ended(this.#untilIndex);
  }
}
