import type { Writable } from 'node:stream';
import type { FileMuxer } from '../../consumer/files/file-muxer.ts';
import type { ConsumedFragment } from '../../consumer/fragments/consumed-fragment.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import type { Output } from './file-output.ts';

/**
 * Standard output, at the speed at which it is read. Where the tracks change, another Matroska
 * document follows, as in what the service sends.
 */
export class PipeOutput implements Output {
  readonly #pipe: Writable;
  readonly #format: 'mkv' | 'mp4';
  readonly #createMuxer: () => FileMuxer;
  /** Called when nobody reads any more. */
  readonly #onClosed: () => void;
  #muxer: FileMuxer | undefined;
  #isClosed = false;

  constructor(
    pipe: Writable,
    format: 'mkv' | 'mp4',
    createMuxer: () => FileMuxer,
    onClosed: () => void,
  ) {
    this.#pipe = pipe;
    this.#format = format;
    this.#createMuxer = createMuxer;
    this.#onClosed = onClosed;
    // While no fragment comes, too.
    pipe.once('error', () => this.#close());
    pipe.once('close', () => this.#close());
  }

  async add(fragment: ConsumedFragment): Promise<number> {
    if (this.#muxer?.accepts(fragment) === false) {
      if (this.#format === 'mp4') throw cannotContinue(fragment);
      process.stderr.write('The tracks change: another Matroska document follows\n');
      await this.finish();
    }
    this.#muxer ??= this.#createMuxer();
    return this.#write(await this.#muxer.add(fragment));
  }

  async finish(): Promise<void> {
    if (this.#muxer !== undefined) await this.#write(await this.#muxer.end());
    this.#muxer = undefined;
  }

  async abandon(): Promise<undefined> {
    // What made it end is the error; that the rest cannot be written follows.
    await this.finish().catch(() => {});
  }

  async #write(writes: readonly { readonly data: Uint8Array }[]): Promise<number> {
    let bytes = 0;
    for (const { data } of writes) {
      if (this.#isClosed) break;
      await new Promise<void>((resolve) => {
        this.#pipe.write(data, (error) => {
          if (error) this.#close();
          resolve();
        });
      });
      bytes += data.length;
    }
    return bytes;
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}

function cannotContinue({ number }: ConsumedFragment): KvsError {
  return new KvsError(
    'STATUS_INVALID_OPERATION',
    `From fragment ${number} on, the tracks are others, which one MP4 cannot have`,
    { advice: 'Write to a file, where another one follows, or use --format mkv.' },
  );
}
