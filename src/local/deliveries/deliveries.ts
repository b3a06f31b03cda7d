import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import type { StreamRegistry } from '../streams/stream-registry.ts';
import { ImageDelivery } from './image-delivery.ts';
import { deliverNotifications } from './notification-delivery.ts';

/** Fragments of a stream that wait to be looked at; with more, the producer outruns the decoder. */
const MAX_WAITING = 20;

/** Delivers what the tags of persisted fragments ask for, of each stream in the order they came. */
export class Deliveries {
  readonly #settings: {
    readonly streams: StreamRegistry;
    readonly dataDir: string;
    readonly accountId: string;
    readonly clock: Clock;
    readonly log: Logger;
  };
  readonly #known = new WeakSet<LocalStream>();
  readonly #running = new Set<Promise<void>>();

  constructor(settings: {
    streams: StreamRegistry;
    dataDir: string;
    accountId: string;
    clock: Clock;
    log: Logger;
  }) {
    this.#settings = settings;
  }

  /** Begins to listen to streams that are new; called whenever the registry changed. */
  refresh(): void {
    for (const stream of this.#settings.streams.list()) {
      if (this.#known.has(stream)) continue;
      this.#known.add(stream);
      this.#listen(stream);
    }
  }

  /** Waits for what is left to be delivered. */
  async close(): Promise<void> {
    await Promise.all(this.#running);
  }

  #listen(stream: LocalStream): void {
    const { dataDir, accountId, log } = this.#settings;
    const images = new ImageDelivery(stream, dataDir, accountId);
    const waiting: FragmentRecord[] = [];
    let running: Promise<void> | undefined;
    const run = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await this.#deliver(stream, images, next).catch((error: unknown) => {
          log.warn(`nothing was delivered of a fragment: ${error}`, { stream: stream.record.name });
        });
      }
    };
    const persisted = (fragment: FragmentRecord): void => {
      const { imageGeneration, notification } = stream.record;
      const statuses = [imageGeneration?.Status, notification?.Status];
      if (!statuses.includes('ENABLED')) return;
      if (waiting.length >= MAX_WAITING) {
        log.warn('a fragment came too fast for its images and notifications', {
          stream: stream.record.name,
        });
        return;
      }
      waiting.push(fragment);
      if (running !== undefined) return;
      const current = run().finally(() => {
        running = undefined;
        this.#running.delete(current);
      });
      running = current;
      this.#running.add(current);
    };
    stream.live.subscribe({ persisted });
  }

  async #deliver(
    stream: LocalStream,
    images: ImageDelivery,
    fragment: FragmentRecord,
  ): Promise<void> {
    const { dataDir, clock } = this.#settings;
    const done = await Promise.allSettled([
      deliverNotifications(stream, fragment, dataDir, clock.nowMs()),
      images.deliver(fragment),
    ]);
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  }
}
