import { KvsError } from '../../errors/kvs-error.ts';
import {
  checkMetadata,
  encodeTags,
  imageGenerationTags,
  notificationTags,
} from '../../matroska/tags.ts';
import type { EventKind, EventMetadata } from '../info/event-metadata.ts';

/** Items that may wait (upstream's MAX_FRAGMENT_METADATA_COUNT). */
const MAX_QUEUED_METADATA = 25;
/** Items that KVS takes with one fragment (ack 4009): https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/how-meta.html */
const MAX_METADATA_PER_FRAGMENT = 10;

type Item = {
  readonly key: string | undefined;
  readonly isPersistent: boolean;
  readonly event: EventKind | undefined;
  readonly bytes: Uint8Array;
  /** Where its caller has it; Infinity where nobody said, and for what goes with every fragment. */
  readonly position: number;
  /** It went out with a fragment before. */
  wasApplied: boolean;
};

/** The Tags that go in front of a fragment, taken from the queue only once they are in the store. */
export type MetadataBatch = {
  readonly byteLength: number;
  readonly items: readonly { readonly bytes: Uint8Array }[];
  /** From where the caller has those that go with this fragment only. */
  readonly neededFrom: number;
};

const NOTHING: MetadataBatch = {
  byteLength: 0,
  items: [],
  neededFrom: Number.POSITIVE_INFINITY,
};

/**
 * Fragment metadata that waits for the next fragment. Persistent items go with every fragment, and
 * to the end of the queue each time, so that with more than ten of them each has its turn.
 */
export class MetadataQueue {
  #items: Item[] = [];

  get length(): number {
    return this.#items.length;
  }

  /** From where the caller has what waits and goes with one fragment only. */
  get neededFrom(): number {
    return lowest(this.#items);
  }

  /**
   * Queues a name and value. A persistent one replaces the one of the same name; with an empty
   * value it only takes that one back.
   * @throws KvsError for names and values that KVS refuses, and when 25 items wait already.
   */
  put(
    name: string,
    value: string,
    isPersistent: boolean,
    position: number = Number.POSITIVE_INFINITY,
  ): void {
    checkMetadata({ name, value });
    if (isPersistent) {
      const others = this.#items.filter((item) => item.key !== name);
      if (value === '') {
        this.#items = others;
        return;
      }
      this.#checkRoom(others.length);
      this.#items = others;
    } else {
      this.#checkRoom(this.#items.length);
    }
    this.#items.push({
      key: isPersistent ? name : undefined,
      isPersistent,
      event: undefined,
      bytes: encodeTags([{ name, value }]),
      position: isPersistent ? Number.POSITIVE_INFINITY : position,
      wasApplied: false,
    });
  }

  /**
   * Queues image generation and notification events for the next fragment: all of them or none.
   * @throws KvsError as put, and when the same event waits already.
   */
  putEvents(
    events: readonly EventKind[],
    metadata: EventMetadata,
    position: number = Number.POSITIVE_INFINITY,
  ): void {
    const items = [...this.#items];
    for (const event of events) {
      if (items.some((item) => item.event === event)) {
        throw new KvsError(
          'STATUS_DUPLICATE_STREAM_EVENT_TYPE',
          `A ${event} event is already waiting for the next fragment`,
          { advice: 'A fragment takes one event of each kind; wait for the next fragment.' },
        );
      }
      this.#checkRoom(items.length);
      items.push(eventItem(event, metadata, position));
    }
    this.#items = items;
  }

  /** What goes in front of the next fragment. */
  nextForFragment(): MetadataBatch {
    return this.#items.length === 0 ? NOTHING : batch(this.#items);
  }

  /** What has not gone out with any fragment yet, for the end of a fragment. */
  nextForEnd(): MetadataBatch {
    return this.#items.length === 0 ? NOTHING : batch(this.#items.filter((i) => !i.wasApplied));
  }

  /** The batch is in the store: what is not persistent is done with. */
  applied(taken: MetadataBatch): void {
    if (taken.items.length === 0) return;
    const kept: Item[] = [];
    const again: Item[] = [];
    for (const item of this.#items) {
      if (!taken.items.includes(item)) {
        kept.push(item);
      } else if (item.isPersistent) {
        item.wasApplied = true;
        again.push(item);
      }
    }
    this.#items = [...kept, ...again];
  }

  clear(): void {
    this.#items = [];
  }

  #checkRoom(length: number): void {
    if (length < MAX_QUEUED_METADATA) return;
    throw new KvsError(
      'STATUS_MAX_FRAGMENT_METADATA_COUNT',
      `${length} metadata items are waiting for the next fragment; ${MAX_QUEUED_METADATA} are allowed`,
      { advice: 'Put metadata less often; each fragment takes at most ten items.' },
    );
  }
}

function lowest(items: readonly Item[]): number {
  return items.reduce((least, { position }) => Math.min(least, position), Number.POSITIVE_INFINITY);
}

function eventItem(event: EventKind, metadata: EventMetadata, position: number): Item {
  const tags =
    event === 'notification' ? notificationTags(metadata) : imageGenerationTags(metadata);
  return {
    key: undefined,
    isPersistent: false,
    event,
    bytes: encodeTags(tags),
    position,
    wasApplied: false,
  };
}

function batch(items: readonly Item[]): MetadataBatch {
  const taken = items.slice(0, MAX_METADATA_PER_FRAGMENT);
  const byteLength = taken.reduce((sum, item) => sum + item.bytes.length, 0);
  return { items: taken, byteLength, neededFrom: lowest(taken) };
}
