import type { Clock, Timer } from '../../runtime/clock.ts';
import type { StreamPort } from '../stream/stream-port.ts';
import type { BusReporter } from './bus-reporter.ts';

/** The stream whose figures are reported, and what reports them. */
export type Reported = { readonly stream: StreamPort; readonly reporter: BusReporter };

/** When an element's figures are posted: `metrics-interval`, and upstream's `get-kvs-metrics`. */
export class MetricsReport {
  readonly #clock: Clock;
  readonly #current: () => Reported | undefined;
  readonly #isEnding: () => boolean;
  #timer: Timer | undefined;
  #frames = 0;
  #reportedFrames = -1;

  /**
   * @param current the stream that is open, if one is.
   * @param isEnding it drains: its figures change though no frame comes.
   */
  constructor(clock: Clock, current: () => Reported | undefined, isEnding: () => boolean) {
    this.#clock = clock;
    this.#current = current;
    this.#isEnding = isEnding;
  }

  /** A stream begins. */
  begin(intervalMs: number): void {
    this.#frames = 0;
    this.schedule(intervalMs);
  }

  /** Tells the figures each `intervalMs` from now on; 0: never. */
  schedule(intervalMs: number): void {
    this.stop();
    if (intervalMs === 0) return;
    this.#timer = this.#clock.after(intervalMs, () => {
      const current = this.#current();
      if (current === undefined) return;
      if (this.#frames !== this.#reportedFrames || this.#isEnding()) {
        this.#reportedFrames = this.#frames;
        current.reporter.metrics(current.stream.metrics());
      }
      this.schedule(intervalMs);
    });
  }

  /**
   * A frame was put.
   * @returns whether upstream's signal (`get-kvs-metrics`) comes with it: the first frame, or a key frame
   */
  isDue(isKeyFrame: boolean): boolean {
    this.#frames += 1;
    return isKeyFrame || this.#frames === 1;
  }

  /** Reports the figures with the frame that was counted last. */
  report({ stream, reporter }: Reported, ptsNs: bigint): void {
    reporter.metrics(stream.metrics(), { ptsNs, first: this.#frames === 1 });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
