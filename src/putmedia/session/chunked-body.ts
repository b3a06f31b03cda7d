import type { ClientRequest } from 'node:http';

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
  /** The request's first bytes are not with the kernel: chunks wait, and then the end. */
  | { readonly kind: 'connecting'; readonly full: Chunk[]; readonly isEnding: boolean }
  | { readonly kind: 'open' }
  /** The request was ended. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'closed' };

const settled = Promise.resolve();

/**
 * The body of a request in chunks (RFC 9112, section 7.1) that are made here: what is appended in
 * one turn of the event loop is copied into one chunk, and leaves in one write. node:http makes a
 * chunk of each write, and of each chunk three writes, which TLS joins in memory that it takes for
 * the purpose: for live video, that cost a quarter more (docs/6-maintain/benchmarks.md).
 */
export class ChunkedBody {
  readonly #request: ClientRequest;
  readonly #events: ChunkedBodyEvents;
  #state: State = { kind: 'connecting', full: [], isEnding: false };
  /** What the present turn appends to. */
  #filling: Chunk | undefined;
  /** With the socket, oldest first, as the kernel takes them. */
  readonly #written: Chunk[] = [];
  /** The one that was used last, and is in the processor's cache, is the last. */
  readonly #spare: Chunk[] = [];
  #queuedBytes = 0;
  readonly #onTaken = (error?: Error | null): void => this.#taken(error);
  readonly #onTurnEnd = (): void => this.#endChunk();

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
      this.#open(this.#state);
      this.#events.connected();
      this.#events.taken();
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
      if (chunk.byteLength === MAX_CHUNK_BYTES) this.#endChunk();
    }
  }

  /** Ends the request after what was appended. */
  end(): void {
    this.#endChunk();
    if (this.#state.kind === 'connecting') {
      this.#state = { ...this.#state, isEnding: true };
    } else if (this.#state.kind === 'open') {
      this.#state = { kind: 'ended' };
      this.#request.end();
    }
  }

  /** Lets go of everything. The request must have been destroyed or finished. */
  close(): void {
    this.#state = { kind: 'closed' };
    this.#filling = undefined;
    this.#written.length = 0;
    this.#spare.length = 0;
    this.#queuedBytes = 0;
  }

  #open({ full, isEnding }: Extract<State, { kind: 'connecting' }>): void {
    this.#state = { kind: 'open' };
    for (const chunk of full) this.#write(chunk);
    if (isEnding) this.end();
    else this.#endChunk();
  }

  #beginChunk(): Chunk {
    const chunk = this.#spare.pop() ?? {
      buffer: Buffer.allocUnsafeSlow(DATA_AT + MAX_CHUNK_BYTES + 2),
      byteLength: 0,
    };
    chunk.byteLength = 0;
    this.#filling = chunk;
    // As process.nextTick, which costs a tenth of the write.
    void settled.then(this.#onTurnEnd);
    return chunk;
  }

  #endChunk(): void {
    const chunk = this.#filling;
    if (chunk === undefined) return;
    this.#filling = undefined;
    if (this.#state.kind === 'connecting') this.#state.full.push(chunk);
    else if (this.#state.kind === 'open') this.#write(chunk);
  }

  #write(chunk: Chunk): void {
    const { buffer, byteLength } = chunk;
    const size = `${byteLength.toString(16)}\r\n`;
    const start = DATA_AT - size.length;
    const end = DATA_AT + byteLength;
    buffer.write(size, start, 'latin1');
    buffer[end] = CR;
    buffer[end + 1] = LF;
    this.#written.push(chunk);
    this.#request.socket?.write(buffer.subarray(start, end + 2), this.#onTaken);
  }

  #taken(error: Error | null | undefined): void {
    if (error || this.#state.kind === 'closed') return;
    const chunk = this.#written.shift();
    if (chunk === undefined) return;
    this.#spare.push(chunk);
    this.#queuedBytes -= chunk.byteLength;
    this.#events.taken();
  }
}
