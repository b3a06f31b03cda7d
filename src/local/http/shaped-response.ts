import { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { ShapedRequest } from './shaped-request.ts';

/** How an answer goes out; the slowest of several counts. */
export type Shape =
  /** Nothing goes out. */
  | { readonly kind: 'held' }
  | {
      readonly kind: 'paced';
      /** Largest piece that is written at once. */
      readonly pieceBytes: number;
      /** How long to wait behind a piece. */
      readonly pauseMs: (bytes: number) => number;
    };

type Done = (error?: Error | null) => void;
type Part = { readonly bytes: Uint8Array; readonly done: Done | undefined };

/** An answer that can be held back, slowed down and cut off, whoever writes it. */
export class ShapedResponse extends ServerResponse<ShapedRequest> {
  readonly #shapes = new Set<Shape>();
  #clock: Clock | undefined;
  #parts: Part[] = [];
  #end: (() => void) | undefined;
  #pause: Timer | undefined;
  #isMute = false;

  /** Shapes what is written from now on, until the function that it returns was called. */
  shape(shape: Shape, clock: Clock): () => void {
    this.#clock = clock;
    this.#shapes.add(shape);
    return () => {
      this.#shapes.delete(shape);
      if (this.#shapes.size === 0) this.#pause?.cancel();
      if (this.#shapes.size === 0) this.#pause = undefined;
      this.#pump();
    };
  }

  /** Drops what waits and all that is still written, the end included. */
  mute(): void {
    this.#isMute = true;
    this.#parts = [];
    this.#end = undefined;
    this.#pause?.cancel();
  }

  override write(
    chunk: string | Uint8Array,
    encodingOrDone?: BufferEncoding | Done,
    done?: Done,
  ): boolean {
    if (this.#isMute || this.#end !== undefined) return false;
    const encoding = typeof encodingOrDone === 'string' ? encodingOrDone : 'utf8';
    const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    if (!this.#isShaped) return super.write(chunk, encoding, callback);
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.#parts.push({ bytes, done: callback });
    this.#pump();
    return this.#parts.length === 0;
  }

  override end(
    chunkOrDone?: string | Uint8Array | (() => void),
    encodingOrDone?: BufferEncoding | (() => void),
    done?: () => void,
  ): this {
    if (this.#isMute || this.#end !== undefined) return this;
    const encoding = typeof encodingOrDone === 'string' ? encodingOrDone : 'utf8';
    const callback = [chunkOrDone, encodingOrDone, done].find((each) => typeof each === 'function');
    const chunk = typeof chunkOrDone === 'function' ? undefined : chunkOrDone;
    if (!this.#isShaped) {
      // In one piece: an answer without a length would be sent in chunks.
      return chunk === undefined ? super.end(callback) : super.end(chunk, encoding, callback);
    }
    if (chunk !== undefined) this.write(chunk, encoding);
    this.#end = () => super.end(callback);
    this.#pump();
    return this;
  }

  override flushHeaders(): void {
    // An empty part: headers keep their place before what is written behind them.
    if (this.#isShaped) this.write('');
    else if (!this.#isMute) super.flushHeaders();
  }

  /** Writers go on when all that they wrote is out, not when a piece of it is. */
  override emit(name: string | symbol, ...details: readonly unknown[]): boolean {
    if (name === 'drain' && (this.#parts.length > 0 || this.#isMute)) return false;
    return super.emit(name, ...details);
  }

  get #isShaped(): boolean {
    return this.#shapes.size > 0 || this.#parts.length > 0 || this.#pause !== undefined;
  }

  #pump(): void {
    const hadParts = this.#parts.length > 0;
    while (this.#pause === undefined) {
      if (this.destroyed) this.#parts = [];
      const shapes = [...this.#shapes];
      if (shapes.some(({ kind }) => kind === 'held')) return;
      const part = this.#parts.shift();
      if (part === undefined) break;
      const paced = shapes.filter((shape) => shape.kind === 'paced');
      const bytes = Math.min(part.bytes.byteLength, ...paced.map((shape) => shape.pieceBytes));
      this.#send(part, bytes);
      const pauseMs = Math.max(0, ...paced.map((shape) => shape.pauseMs(bytes)));
      if (pauseMs > 0 && bytes > 0) {
        this.#pause = this.#clock?.after(pauseMs, () => {
          this.#pause = undefined;
          this.#pump();
        });
      }
    }
    if (this.#parts.length > 0) return;
    const end = this.#end;
    if (end !== undefined && this.#pause === undefined) {
      end();
      this.#end = undefined;
      return;
    }
    if (hadParts) this.emit('drain');
  }

  #send({ bytes, done }: Part, length: number): void {
    if (bytes.byteLength === 0) super.flushHeaders();
    const rest = bytes.subarray(length);
    if (rest.byteLength === 0) {
      if (bytes.byteLength > 0) super.write(bytes, done);
      else done?.();
      return;
    }
    super.write(bytes.subarray(0, length));
    this.#parts.unshift({ bytes: rest, done });
  }
}
