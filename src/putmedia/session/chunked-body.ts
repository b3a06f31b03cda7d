import type { ClientRequest } from 'node:http';
import { atTurnEnd } from '../../runtime/turn-end.ts';

/** Body bytes of one chunk at most: its framing, and the write, then cost nothing per byte. */
const MAX_CHUNK_BYTES = 128 * 1024;
/** Where a chunk's data lies in its buffer: behind its size in hexadecimal and the line's end. */
const DATA_AT = MAX_CHUNK_BYTES.toString(16).length + 2;
const CR = 0x0d;
const LF = 0x0a;

/** Called synchronously, and no more once the body is closed. */
export type ChunkedBodyEvents = {
  /** The kernel took the request's first bytes, so the connection stands. */
  connected(): void;
  /** The kernel took what was oldest. */
  taken(): void;
};

/** A chunk's data, from DATA_AT on, in memory that is used again. */
type Chunk = { readonly buffer: Buffer; byteLength: number };

type State =
  /** The request's first bytes are not with the kernel. */
  | { readonly kind: 'connecting'; readonly isEnding: boolean }
  | { readonly kind: 'idle' }
  /** The socket has a chunk; what is appended meanwhile waits, and fills the next one. */
  | { readonly kind: 'writing'; readonly chunk: Chunk; readonly isEnding: boolean }
  /** The request was ended, behind a chunk that the kernel may not have taken. */
  | { readonly kind: 'ended'; readonly chunk: Chunk | undefined }
  | { readonly kind: 'closed' };

/**
 * The body of a request in chunks (RFC 9112, section 7.1) that are made here: what is appended in
 * one turn of the event loop is copied into one chunk, and leaves in one write. node:http makes a
 * chunk of each write, and of each chunk three writes, which TLS joins in memory that it takes for
 * the purpose: for live video, that cost a tenth more (docs/6-maintain/benchmarks.md). So does a
 * second write before the kernel has taken the first; the socket never has more than one.
 */
export class ChunkedBody {
  readonly #request: ClientRequest;
  readonly #events: ChunkedBodyEvents;
  #state: State = { kind: 'connecting', isEnding: false };
  /** What is appended goes here. */
  #filling: Chunk | undefined;
  /** Full ones, which go first. */
  readonly #full: Chunk[] = [];
  /** The one that was used last, and is in the processor's cache, is the last. */
  readonly #spare: Chunk[] = [];
  #queuedBytes = 0;
  readonly #onTaken = (error?: Error | null): void => this.#taken(error);
  readonly #onTurnEnd = (): void => this.#sendIfIdle();

  constructor(request: ClientRequest, events: ChunkedBodyEvents) {
    this.#request = request;
    this.#events = events;
  }

  /** Body bytes that the kernel has not taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Sends the first bytes, with the request's head: this chunk is node:http's. */
  begin(bytes: Uint8Array): void {
    this.#queuedBytes += bytes.byteLength;
    this.#request.write(bytes, (error) => {
      // A request that failed tells its session itself.
      if (error || this.#state.kind !== 'connecting') return;
      this.#queuedBytes -= bytes.byteLength;
      this.#events.connected();
      this.#goOn();
    });
  }

  /** Copies bytes to where they are sent from at the end of this turn. */
  append(bytes: Uint8Array): void {
    this.#queuedBytes += bytes.byteLength;
    for (let at = 0; at < bytes.byteLength; ) {
      const chunk = this.#filling ?? this.#beginChunk();
      const end = Math.min(bytes.byteLength, at + MAX_CHUNK_BYTES - chunk.byteLength);
      chunk.buffer.set(bytes.subarray(at, end), DATA_AT + chunk.byteLength);
      chunk.byteLength += end - at;
      at = end;
      if (chunk.byteLength === MAX_CHUNK_BYTES) this.#endChunk(chunk);
    }
  }

  /** Ends the request after what was appended. */
  end(): void {
    const state = this.#state;
    if (state.kind === 'idle') this.#send(true);
    else if ('isEnding' in state) this.#state = { ...state, isEnding: true };
  }

  /** Lets go of everything. The request must have been destroyed or finished. */
  close(): void {
    this.#state = { kind: 'closed' };
    this.#filling = undefined;
    this.#full.length = 0;
    this.#spare.length = 0;
    this.#queuedBytes = 0;
  }

  #beginChunk(): Chunk {
    const chunk = this.#spare.pop() ?? {
      buffer: Buffer.allocUnsafeSlow(DATA_AT + MAX_CHUNK_BYTES + 2),
      byteLength: 0,
    };
    chunk.byteLength = 0;
    this.#filling = chunk;
    atTurnEnd(this.#onTurnEnd);
    return chunk;
  }

  #endChunk(chunk: Chunk): void {
    this.#filling = undefined;
    this.#full.push(chunk);
    this.#sendIfIdle();
  }

  #sendIfIdle(): void {
    if (this.#state.kind === 'idle') this.#send(false);
  }

  /** Sends the next chunk, if there is one, and behind the last one the end. */
  #send(isEnding: boolean): void {
    const chunk = this.#full.shift() ?? this.#filling;
    if (chunk === this.#filling) this.#filling = undefined;
    if (chunk !== undefined) this.#write(chunk);
    if (isEnding && this.#full.length === 0 && this.#filling === undefined) {
      this.#state = { kind: 'ended', chunk };
      this.#request.end();
    } else {
      this.#state = chunk === undefined ? { kind: 'idle' } : { kind: 'writing', chunk, isEnding };
    }
  }

  #write({ buffer, byteLength }: Chunk): void {
    const size = `${byteLength.toString(16)}\r\n`;
    const start = DATA_AT - size.length;
    const end = DATA_AT + byteLength;
    buffer.write(size, start, 'latin1');
    buffer[end] = CR;
    buffer[end + 1] = LF;
    this.#request.socket?.write(buffer.subarray(start, end + 2), this.#onTaken);
  }

  #taken(error: Error | null | undefined): void {
    const state = this.#state;
    if (error || !('chunk' in state) || state.chunk === undefined) return;
    this.#spare.push(state.chunk);
    this.#queuedBytes -= state.chunk.byteLength;
    if (state.kind === 'ended') {
      this.#state = { kind: 'ended', chunk: undefined };
      this.#events.taken();
    } else {
      this.#goOn();
    }
  }

  /** The socket has nothing. What the owner appends now still fills the next chunk. */
  #goOn(): void {
    if (this.#state.kind === 'closed') return;
    this.#events.taken();
    const state = this.#state;
    if ('isEnding' in state) this.#send(state.isEnding);
  }
}
