import type { ServerResponse } from 'node:http';
import { errorChunk, indexOf, mediaChunk, SEAMS } from './media-chunks.ts';
import { answerJson, type MediaCall } from './media-server.ts';

/** What happens to an answer of GetMedia at a fragment, or to the call behind it. */
const FAULTS = [
  'reset within the fragment',
  'closed within the fragment',
  'ended within the fragment',
  'ended between two elements of the fragment',
  'ended in front of the fragment',
  'reset in front of the fragment',
  'error 3002',
  'error 5000',
  'then refused with 500',
  'then refused with 503',
  'then refused with 429',
  'then closed without an answer',
] as const;

/** As networks join what is sent fast. */
const FRAGMENTS_PER_WRITE = 20;

type Fault = (typeof FAULTS)[number];

/** Numbers in [0, 1) that a seed decides: https://en.wikipedia.org/wiki/Xorshift */
export function seededRandom(seed: number): () => number {
  let state = (seed >>> 0) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** GetMedia of a stream with so many fragments, through a network that breaks so many times. */
export class FaultyMedia {
  /** Each GetMedia's StartSelectorType. */
  readonly starts: string[] = [];
  readonly #fragments: number;
  readonly #random: () => number;
  readonly #faults = new Map<number, Fault>();
  #next: Fault | undefined;

  constructor(fragments: number, disconnections: number, seed: number) {
    this.#fragments = fragments;
    this.#random = seededRandom(seed);
    while (this.#faults.size < disconnections) {
      const fault = FAULTS[this.#faults.size % FAULTS.length];
      const at = 1 + Math.floor(this.#random() * (fragments - 1));
      if (fault !== undefined && !this.#faults.has(at)) this.#faults.set(at, fault);
    }
  }

  /** Faults that did not happen yet. */
  get left(): number {
    return this.#faults.size;
  }

  handle({ input }: MediaCall, response: ServerResponse): void {
    const refusal = this.#next;
    this.#next = undefined;
    if (refusal === 'then closed without an answer') {
      response.socket?.destroy();
      return;
    }
    if (refusal !== undefined) {
      answerJson(response, { message: 'not now' }, Number(/\d+$/.exec(refusal)?.[0]));
      return;
    }
    const start = input['StartSelector'] as Readonly<Record<string, string>>;
    this.starts.push(start['StartSelectorType'] ?? '');
    const after = start['ContinuationToken'];
    void this.#send(response, after === undefined ? 0 : indexOf(after) + 1);
  }

  async #send(response: ServerResponse, from: number): Promise<void> {
    response.writeHead(200, { 'content-type': 'video/webm' });
    let index = from;
    while (index < this.#fragments && !response.destroyed) {
      const chunks: Buffer[] = [];
      while (chunks.length < FRAGMENTS_PER_WRITE && index < this.#fragments) {
        if (this.#faults.has(index)) break;
        chunks.push(mediaChunk(index));
        index += 1;
      }
      if (chunks.length > 0) await written(response, Buffer.concat(chunks));
      const fault = this.#faults.get(index);
      if (fault === undefined) continue;
      this.#faults.delete(index);
      this.#break(response, mediaChunk(index), fault);
      return;
    }
  }

  #break(response: ServerResponse, chunk: Buffer, fault: Fault): void {
    const part = chunk.subarray(0, 1 + Math.floor(this.#random() * (chunk.length - 1)));
    switch (fault) {
      case 'reset within the fragment':
        response.write(part, () => response.socket?.resetAndDestroy());
        return;
      case 'closed within the fragment':
        response.write(part, () => response.destroy());
        return;
      case 'ended within the fragment':
        response.end(part);
        return;
      case 'ended between two elements of the fragment':
        response.end(chunk.subarray(0, SEAMS[Math.floor(this.#random() * SEAMS.length)]));
        return;
      case 'reset in front of the fragment':
        response.socket?.resetAndDestroy();
        return;
      case 'error 3002':
      case 'error 5000':
        response.end(errorChunk(Number(fault.slice(-4))));
        return;
      case 'ended in front of the fragment':
        response.end();
        return;
      default:
        this.#next = fault;
        response.destroy();
    }
  }
}

/** Waits until there is room for more, or nobody to send it to. */
function written(response: ServerResponse, data: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.write(data)) {
      resolve();
      return;
    }
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
