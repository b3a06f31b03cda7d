import type { BusMessage } from './bus-line.ts';

/** One line at the bottom of the terminal, rewritten in place; a line a message elsewhere. */
export class StatusLine {
  readonly #terminal = process.stdout.isTTY === true;
  #shown = '';

  /** Shows the newest figures. */
  update(metrics: BusMessage): void {
    const megabits = (metrics.number('current-transfer-rate') * 8) / 1e6;
    const text = [
      `${metrics.number('current-frame-rate').toFixed(1)} fps`,
      `${megabits.toFixed(2)} Mbit/s`,
      `${metrics.number('persisted-acks')} fragments persisted`,
      `buffer ${(metrics.number('overall-view-duration-ns') / 1e9).toFixed(1)} s`,
      `latency ${metrics.number('latency-ms').toFixed(0)} ms`,
    ].join(' · ');
    if (this.#terminal) process.stdout.write(`\r\x1b[2K${text}`);
    else console.log(text);
    this.#shown = text;
  }

  /** Prints a line above the status. */
  print(text: string): void {
    if (this.#terminal && this.#shown) process.stdout.write('\r\x1b[2K');
    console.log(text);
    if (this.#terminal && this.#shown) process.stdout.write(this.#shown);
  }

  /** Leaves the last status where it is and goes on below it. */
  end(): void {
    if (this.#terminal && this.#shown) process.stdout.write('\n');
    this.#shown = '';
  }
}
