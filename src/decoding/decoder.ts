import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { KvsError } from '../errors/kvs-error.ts';
import type { DecoderProgram, DecoderSettings } from './decoder-programs.ts';
import { ImageReader, type ReadImage } from './image-reader.ts';

/** Enough of standard error to hold the program's last words. */
const LAST_WORDS = 2_000;

/** Decodes one Matroska document in a process of its own. */
export class Decoder {
  readonly #program: DecoderProgram;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Until all images are taken and the process has ended. */
  readonly #ended: Promise<void>;
  #lastWords = '';

  /** @param take Is given each image, and the next one when what it returns is fulfilled. */
  constructor(
    program: DecoderProgram,
    settings: DecoderSettings,
    take: (image: ReadImage) => Promise<void>,
  ) {
    this.#program = program;
    // In a process group of its own: a Ctrl-C in the terminal shall not end it before its input.
    this.#child = spawn(program.name, program.args(settings), {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    // Its exit code says more.
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    this.#ended = this.#run(new ImageReader(settings.format), take);
    // Whoever writes or ends hears of it.
    this.#ended.catch(() => {});
  }

  /**
   * Writes, and waits until there is room for more.
   * @throws KvsError when the decoder has failed
   */
  async write(bytes: Uint8Array): Promise<void> {
    const { stdin } = this.#child;
    const error = await new Promise<Error | null | undefined>((resolve) => {
      stdin.write(bytes, resolve);
    });
    if (!error) return;
    await this.#ended;
    throw this.#failure(0);
  }

  /**
   * Ends the input, and waits for the last image to be taken.
   * @throws KvsError when the decoder has failed
   */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  /** Gives up. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #run(reader: ImageReader, take: (image: ReadImage) => Promise<void>): Promise<void> {
    const code = new Promise<number | null>((resolve, reject) => {
      this.#child.once('error', reject).once('close', resolve);
    });
    code.catch(() => {});
    try {
      for await (const chunk of this.#child.stdout as AsyncIterable<Buffer>) {
        for (const image of reader.push(chunk)) await take(image);
      }
    } catch (error) {
      this.kill();
      throw error;
    }
    if ((await code) !== 0) throw this.#failure(await code);
  }

  #failure(code: number | null): KvsError {
    const { name, advice } = this.#program;
    const words = this.#lastWords.trim();
    return new KvsError(
      'STATUS_INVALID_OPERATION',
      `${name} could not decode the video (${code === null ? 'killed' : `exit code ${code}`})` +
        (words === '' ? '' : `: ${words}`),
      { advice },
    );
  }
}
