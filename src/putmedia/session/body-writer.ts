import type { ClientRequest } from 'node:http';
import { KvsError } from '../../errors/kvs-error.ts';
import { END_OF_FRAGMENT } from '../../matroska/tags.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type {
  FragmentSource,
  SessionFormat,
  StoredFragment,
} from '../../storage/stored-fragment.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { SentFragment, SentFragments } from './sent-fragments.ts';

/** What is read from the store at once. */
const MAX_READ_BYTES = 128 * 1024;
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
  readonly log: Logger;
  readonly events: BodyWriterEvents;
  /** Sees every byte of the body, for KVS_DEBUG_DUMP_DATA_FILE_DIR. */
  readonly dump: ((bytes: Uint8Array) => void) | undefined;
};

/** How far a body that is not ended yet has got: one record, since it changes with every frame. */
type Sending = {
  /** Undefined between two fragments. */
  current: SentFragment | undefined;
  /** Bytes of the current fragment that were given to the socket. */
  offset: number;
  /** No fragment's bytes are sent beyond this many of the body: without bound after the answer. */
  allowedBytes: number;
};

type State =
  | { readonly kind: 'sending'; readonly sending: Sending }
  /** No more data comes: what there is is sent, complete or not. */
  | { readonly kind: 'finishing'; readonly sending: Sending }
  /** The request was ended; the kernel may not have taken all of it. */
  | { readonly kind: 'ended'; readonly atMs: number }
  /** Nothing is pinned any more. */
  | { readonly kind: 'closed' };

type OpenState = Extract<State, { readonly sending: Sending }>;

/** A fragment whose last byte was given to the socket, as byte `endsAt` of the body. */
type Leaving = { readonly sent: SentFragment; readonly endsAt: number };

/**
 * Moves fragments from the store to one request's body. A fragment stays pinned from its first byte
 * until the kernel has taken its last, and at most WINDOW_BYTES wait in the process.
 */
export class BodyWriter {
  readonly #options: BodyWriterOptions;
  #state: State = {
    kind: 'sending',
    sending: { current: undefined, offset: 0, allowedBytes: EARLY_BYTES },
  };
  readonly #body: ChunkedBody;
  /** Oldest first, as the kernel takes them. */
  readonly #leaving: Leaving[] = [];
  /** The fragments from here on, below #untilIndex, are still to be taken up. */
  #nextIndex: number | undefined;
  #untilIndex = Number.POSITIVE_INFINITY;
  #sentBytes = 0;
  #lastProgressMs: number;
  #lastWriteMs: number;

  constructor(options: BodyWriterOptions) {
    this.#options = options;
    this.#nextIndex = options.firstIndex;
    this.#lastProgressMs = options.clock.monotonicMs();
    this.#lastWriteMs = this.#lastProgressMs;
    this.#body = new ChunkedBody(options.request, {
      connected: () => options.events.connected(),
      taken: () => this.#taken(),
    });
  }

  /** Bytes of the body given to the socket so far, the header included. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes that the kernel has not taken. */
  get queuedBytes(): number {
    return this.#body.queuedBytes;
  }

  /** Monotonic ms when the kernel last took something, or something was queued into emptiness. */
  get lastProgressMs(): number {
    return this.#lastProgressMs;
  }

  /** Monotonic ms of the last write. */
  get lastWriteMs(): number {
    return this.#lastWriteMs;
  }

  /** The request was ended, and the writer is not closed. */
  get isEnded(): boolean {
    return this.#state.kind === 'ended';
  }

  /** Monotonic ms when the request was ended; undefined before, and when the writer is closed. */
  get endedMs(): number | undefined {
    return this.#state.kind === 'ended' ? this.#state.atMs : undefined;
  }

  /** The first fragment that is not, and will not be, part of this body, once that is decided. */
  get untilIndex(): number {
    return this.#untilIndex;
  }

  /** Between two fragments: nothing that was begun is unfinished. */
  get isAtBoundary(): boolean {
    return this.#sending?.current === undefined;
  }

  /** A fragment is being sent, and nothing is left of it as far as it goes. */
  get hasSentAll(): boolean {
    const sending = this.#sending;
    const fragment = sending?.current?.fragment;
    return (
      this.queuedBytes === 0 && fragment !== undefined && sending?.offset === fragment.byteLength
    );
  }

  get #sending(): Sending | undefined {
    return 'sending' in this.#state ? this.#state.sending : undefined;
  }

  #to(state: State): void {
    this.#options.log.debug(`body: ${this.#state.kind} -> ${state.kind}`);
    this.#state = state;
  }

  /** Sends the Matroska header, with which every body begins. */
  begin(): void {
    const { headerBytes } = this.#options.format;
    this.#willSend(headerBytes);
    this.#body.begin(headerBytes);
  }

  /** The service answered 200: no more reason to hold back. */
  accept(): void {
    const sending = this.#sending;
    if (sending !== undefined) sending.allowedBytes = Number.POSITIVE_INFINITY;
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
    if (this.#state.kind === 'sending') {
      this.#to({ kind: 'finishing', sending: this.#state.sending });
    }
    this.pump();
  }

  /** Sends what can be sent now. Call whenever the source changed. */
  pump(): void {
    for (;;) {
      const state = this.#state;
      if (!('sending' in state) || !this.#mayWrite(state.sending)) return;
      if (state.sending.current === undefined && !this.#beginNext(state)) return;
      const { current } = state.sending;
      if (current !== undefined && !this.#writeSome(state, current)) return;
    }
  }

  /** Lets go of everything at once. The request must have been destroyed or finished. */
  close(): void {
    if (this.#state.kind === 'closed') return;
    const { source } = this.#options;
    const current = this.#sending?.current;
    this.#to({ kind: 'closed' });
    this.#body.close();
    for (const { sent } of this.#leaving) source.unpin(sent.fragment);
    if (current !== undefined) source.unpin(current.fragment);
    this.#leaving.length = 0;
  }

  #mayWrite({ allowedBytes }: Sending): boolean {
    return this.queuedBytes < WINDOW_BYTES && this.#sentBytes < allowedBytes;
  }

  /** Takes up the next fragment. False when there is none, or when the body was ended. */
  #beginNext({ kind, sending }: OpenState): boolean {
    const { source, sent, clock, format, isDone } = this.#options;
    if (this.#nextIndex === undefined) return false;
    let next = source.firstFrom(this.#nextIndex);
    while (next !== undefined && isDone(next)) next = source.firstFrom(next.index + 1);
    if (next !== undefined && next.index < this.#untilIndex && next.format === format) {
      if (next.byteLength === 0 && !next.complete && kind !== 'finishing') return false;
      source.pin(next);
      sending.current = sent.begin(next, clock.monotonicMs());
      sending.offset = 0;
      this.#nextIndex = next.index + 1;
      return true;
    }
    if (next !== undefined && next.format !== format) {
      this.#untilIndex = Math.min(this.#untilIndex, next.index);
    }
    const isLast = next === undefined ? kind === 'finishing' : next.index >= this.#untilIndex;
    if (isLast || this.#nextIndex >= this.#untilIndex) this.#end();
    return false;
  }

  /** Writes the next bytes of the fragment, or completes it. False when there are none yet. */
  #writeSome({ kind, sending }: OpenState, current: SentFragment): boolean {
    const { source, events } = this.#options;
    const { fragment } = current;
    const bytes = source.read(fragment, sending.offset, MAX_READ_BYTES);
    if (bytes !== undefined && bytes.byteLength > 0) {
      sending.offset += bytes.byteLength;
      this.#append(bytes);
      return true;
    }
    const isDropped = source.get(fragment.index) !== fragment;
    if (sending.offset < fragment.byteLength) {
      if (isDropped) {
        const message = `Fragment ${fragment.index} was dropped from the store after ${sending.offset} of its ${fragment.byteLength} bytes were sent`;
        events.failed(new KvsError('STATUS_UPLOAD_HANDLE_ABORTED', message));
      }
      return false;
    }
    if (!fragment.complete && !isDropped && kind !== 'finishing') return false;
    sending.current = undefined;
    if (this.queuedBytes === 0) this.#release(current);
    else this.#leaving.push({ sent: current, endsAt: this.#sentBytes });
    return true;
  }

  #append(bytes: Uint8Array): void {
    this.#willSend(bytes);
    this.#body.append(bytes);
  }

  #willSend(bytes: Uint8Array): void {
    const { clock, dump } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.queuedBytes === 0) this.#lastProgressMs = nowMs;
    this.#lastWriteMs = nowMs;
    this.#sentBytes += bytes.byteLength;
    dump?.(bytes);
  }

  /** The kernel has taken some of what was queued. */
  #taken(): void {
    if (this.#state.kind === 'closed') return;
    this.#lastProgressMs = this.#options.clock.monotonicMs();
    const takenBytes = this.#sentBytes - this.queuedBytes;
    for (let next = this.#leaving[0]; next !== undefined; next = this.#leaving[0]) {
      if (next.endsAt > takenBytes) break;
      this.#leaving.shift();
      this.#release(next.sent);
    }
    this.pump();
  }

  #release(sent: SentFragment): void {
    const { source, events, clock } = this.#options;
    this.#options.sent.written(sent, clock.monotonicMs());
    source.unpin(sent.fragment);
    events.written(sent);
  }

  #end(): void {
    const { sent, events, clock } = this.#options;
    this.#to({ kind: 'ended', atMs: clock.monotonicMs() });
    this.#untilIndex = Math.min(this.#untilIndex, this.#nextIndex ?? 0);
    if (sent.last !== undefined && !sent.last.fragment.endsWithEofr) this.#append(END_OF_FRAGMENT);
    this.#body.end();
    events.ended(this.#untilIndex);
  }
}
