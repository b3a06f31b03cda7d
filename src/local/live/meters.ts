import type { Clock } from '../../runtime/clock.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import type { StreamRegistry } from '../streams/stream-registry.ts';
import type { StreamReport, StreamStatusReport } from './page-reports.ts';
import type { StreamJournal } from './stream-journal.ts';
import { StreamMeter } from './stream-meter.ts';

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
  report(): StreamReport[] {
    return this.#all().map((meter) => meter.report());
  }

  /** As `report`, and with the newest fragments of each. */
  reportWithRecent(): StreamStatusReport[] {
    return this.#all().map((meter) => ({ ...meter.report(), recent: meter.recent() }));
  }

  /** What is remembered of a stream's connections and acks. */
  journalOf(stream: LocalStream): StreamJournal | undefined {
    this.refresh();
    return this.#meters.get(stream)?.journal;
  }

  #all(): StreamMeter[] {
    this.refresh();
    return this.#streams.list().flatMap((stream) => this.#meters.get(stream) ?? []);
  }
}
