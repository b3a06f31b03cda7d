import { machineMonotonicMs } from '../../host/health/health-record.ts';
import type { StatusSource } from '../../host/status/status-record.ts';
import { StatusBlock } from './status-block.ts';
import type { StatusMode } from './status-options.ts';
import { jsonLine, plainLine, statusRows } from './status-text.ts';
import { FigureReader } from './stream-figures.ts';

/** Shows the figures of a source on standard error, until it is ended. */
export class StatusDisplay {
  readonly #source: StatusSource;
  readonly #mode: StatusMode;
  readonly #figures = new FigureReader();
  readonly #block = new StatusBlock(process.stderr);
  readonly #timer: NodeJS.Timeout;

  constructor(source: StatusSource, mode: StatusMode) {
    this.#source = source;
    this.#mode = mode;
    this.#timer = setInterval(() => this.#show(), mode.intervalMs);
    this.#timer.unref();
  }

  /** Whether text for this stream has to come through `write`, so as not to run into the rows. */
  sharesTerminal(stream: 'stdout' | 'stderr'): boolean {
    return this.#mode.kind === 'line' && process[stream].isTTY === true;
  }

  write(stream: 'stdout' | 'stderr', text: string): void {
    if (this.sharesTerminal(stream)) this.#block.write(process[stream], text);
    else process[stream].write(text);
  }

  /** Shows the last figures and leaves them. */
  end(): void {
    clearInterval(this.#timer);
    this.#show();
    this.#block.end();
  }

  #show(): void {
    const streams = this.#figures.read(this.#source.read(), machineMonotonicMs());
    if (this.#mode.kind === 'line') {
      this.#block.draw(statusRows(streams, this.#block.width));
      return;
    }
    const line = this.#mode.kind === 'plain' ? plainLine : jsonLine;
    const at = new Date();
    for (const stream of streams) process.stderr.write(`${line(stream, at)}\n`);
  }
}
