import type { Readable } from 'node:stream';
import { KvsError } from '../../../errors/kvs-error.ts';
import type { MediaFile, MediaHandlers } from '../media/media-file.ts';
import { MatroskaInput } from './matroska-input.ts';

/** A Matroska or WebM file, or one that comes through a pipe. */
export class MatroskaFile implements MediaFile {
  readonly notes: readonly string[] = [];
  readonly #chunks: Readable;
  readonly #isPipe: boolean;
  #input: MatroskaInput | undefined;

  /** @param isPipe whether nobody has looked at the first bytes, because they come only once */
  constructor(chunks: Readable, { isPipe }: { readonly isPipe: boolean }) {
    this.#chunks = chunks;
    this.#isPipe = isPipe;
  }

  async *read(handlers: MediaHandlers): AsyncGenerator<number> {
    const input = new MatroskaInput(handlers);
    this.#input = input;
    let bytes = 0;
    for await (const chunk of this.#chunks as AsyncIterable<Buffer>) {
      try {
        input.push(chunk);
      } catch (error) {
        throw this.#isPipe && bytes === 0 ? notMatroska(error) : error;
      }
      bytes += chunk.length;
      yield bytes;
    }
    if (this.#isPipe && bytes === 0) {
      throw new KvsError('STATUS_FORMAT_ERROR', 'Nothing came through the pipe', {
        advice: 'Did the program that writes to it fail?',
      });
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

function notMatroska(error: unknown): unknown {
  if (!(error instanceof KvsError) || error.code !== 'STATUS_FORMAT_ERROR') return error;
  return new KvsError(error.code, error.message, {
    cause: error,
    advice:
      'Give files of other formats by name, or have ffmpeg write Matroska: ffmpeg … -f matroska -',
  });
}
