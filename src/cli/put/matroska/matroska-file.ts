import type { Readable } from 'node:stream';
import type { MediaFile, MediaHandlers } from '../media/media-file.ts';
import { MatroskaInput } from './matroska-input.ts';

/** A Matroska or WebM file, or one that comes through a pipe. */
export class MatroskaFile implements MediaFile {
  readonly notes: readonly string[] = [];
  readonly #chunks: Readable;
  #input: MatroskaInput | undefined;

  constructor(chunks: Readable) {
    this.#chunks = chunks;
  }

  async *read(handlers: MediaHandlers): AsyncGenerator<number> {
    const input = new MatroskaInput(handlers);
    this.#input = input;
    let bytes = 0;
    for await (const chunk of this.#chunks as AsyncIterable<Buffer>) {
      input.push(chunk);
      bytes += chunk.length;
      yield bytes;
    }
    input.end();
    yield bytes;
  }

  close(): void {
    this.#chunks.destroy();
  }

  get losses(): readonly string[] {
    return (this.#input?.damages ?? []).map(({ from, to, what }) => {
      const place = to === undefined ? `from byte ${from} on` : `from byte ${from} to ${to}`;
      return `The file cannot be read ${place}: ${what}`;
    });
  }
}
