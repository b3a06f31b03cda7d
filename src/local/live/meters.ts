import type { Clock } from '../../runtime/clock.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import type { StreamRegistry } from '../streams/stream-registry.ts';
import { StreamMeter, type StreamStatusReport } from './stream-meter.ts';

/** A meter for every stream there is. */
export class Meters {
  readonly #streams: StreamRegistry;
  readonly #clock: Clock;
  readonly #meters = new WeakMap<LocalStream, StreamMeter>();

  constructor(streams: StreamRegistry, clock: Clock) {
    this.#streams = streams;
    this.#clock = clock;
  }

  /** Begins to measure streams that are new; called whenever the registry changed. */
  refresh(): void {
    for (const stream of this.#streams.list()) {
      if (!this.#meters.has(stream)) this.#meters.set(stream, new StreamMeter(stream, this.#clock));
    }
  }

  /** All streams as they are now, by name. */
  report(): StreamStatusReport[] {
    this.refresh();
    return this.#streams.list().flatMap((stream) => this.#meters.get(stream)?.report() ?? []);
  }
}
