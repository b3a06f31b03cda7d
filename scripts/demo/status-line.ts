/** What the line shows: at the service, but for the buffer, which is the producer's. */
export type DemoFigures = {
  readonly fps: number;
  readonly bitsPerSecond: number;
  readonly fragmentsPersisted: number;
  /** Media time that the producer holds until it is acknowledged. */
  readonly bufferNs: number;
  /** From a frame's own time to its arrival at the service. */
  readonly latencyMs: number | undefined;
};

/** One line at the bottom of the terminal, rewritten in place; a line a message elsewhere. */
export class StatusLine {
  readonly #terminal = process.stdout.isTTY === true;
  #shown = '';

  /** Shows the newest figures. */
  update(figures: DemoFigures): void {
    const { latencyMs } = figures;
    const text = [
      `${figures.fps.toFixed(1)} fps`,
      `${(figures.bitsPerSecond / 1e6).toFixed(2)} Mbit/s`,
      `${figures.fragmentsPersisted} fragments persisted`,
      `buffer ${(figures.bufferNs / 1e9).toFixed(1)} s`,
      // Time starts with the first frame's arrival, which is late when the encoder starts slowly.
      `latency ${latencyMs === undefined ? '–' : `${Math.max(0, latencyMs)} ms`}`,
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
