import { endOfFragment, startOfFragment } from '../../consumer/files/file-muxer.ts';
import type { ConsumedFragment } from '../../consumer/fragments/consumed-fragment.ts';
import { durationText } from '../../runtime/duration-text.ts';
import { counted } from '../process/counted.ts';

/** On a terminal one line that is written anew; elsewhere a line now and then. */
const TERMINAL_MS = 500;
const LOG_MS = 5_000;

/** Says on standard error how far a reading is. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedMs = performance.now();
  #lastMs = this.#startedMs;
  #fragments = 0;
  #bytes = 0;
  #mediaNs = 0n;
  #isLineOpen = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  get fragments(): number {
    return this.#fragments;
  }

  add(fragment: ConsumedFragment, bytes: number): void {
    this.#fragments += 1;
    this.#bytes += bytes;
    this.#mediaNs += (endOfFragment(fragment) ?? 0n) - (startOfFragment(fragment) ?? 0n);
    const isTerminal = this.#stream.isTTY === true;
    if (performance.now() - this.#lastMs < (isTerminal ? TERMINAL_MS : LOG_MS)) return;
    this.#lastMs = performance.now();
    this.#stream.write(isTerminal ? `\r\x1b[K${this.#row()}` : `${this.#text()}\n`);
    this.#isLineOpen = isTerminal;
  }

  /** A line for what is not progress. */
  note(text: string): void {
    this.#stream.write(`${this.#isLineOpen ? '\r\x1b[K' : ''}${text}\n`);
    this.#isLineOpen = false;
  }

  /** The last word. */
  end(): void {
    this.note(this.#text());
  }

  /** In the last column, the cursor would go to the next line. */
  #row(): string {
    return this.#text().slice(0, (this.#stream.columns || 80) - 1);
  }

  #text(): string {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const megabytes = this.#bytes / 1e6;
    const rate = seconds > 0 ? megabytes / seconds : 0;
    return (
      `${counted(this.#fragments, 'fragment')}, ${megabytes.toFixed(1)} MB, ` +
      `${durationText(Number(this.#mediaNs / 1_000_000n))} of media, ${rate.toFixed(1)} MB/s`
    );
  }
}
