import type { ReadTrack } from '../../matroska/reader-handlers.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { ProducerSession, SentAck } from './producer-session.ts';

/** What a PutMedia session sends; one object per session. */
export type LiveSource = {
  readonly trackList: readonly ReadTrack[];
  /** Same for sessions that a player can play on without a new beginning. */
  readonly formatId: string;
};

/** A frame on its way in. `data` stays valid and must not be changed. */
export type LiveFrame = {
  readonly source: LiveSource;
  readonly track: ReadTrack;
  /** Epoch ms, with a fraction when the timecode scale is finer. */
  readonly timestampMs: number;
  /** Epoch ms of its arrival. */
  readonly arrivedMs: number;
  readonly isKeyFrame: boolean;
  /** True for the first frame of a fragment. */
  readonly startsFragment: boolean;
  readonly data: Uint8Array;
};

/** What can be heard of a stream while it is being received. */
export type LiveListener = {
  frame?(frame: LiveFrame): void;
  persisted?(fragment: FragmentRecord): void;
  /** A PutMedia session began or ended; how many are open now. */
  sessions?(open: number): void;
  /** A PutMedia request came; its object goes on changing until it has ended. */
  producer?(session: ProducerSession): void;
  /** An ack was written. */
  ack?(ack: SentAck): void;
};

/**
 * Tells listeners what is arriving on a stream, and holds on to the fragment being received, so
 * that a player that comes in the middle of it need not wait for the next key frame.
 */
export class LiveFeed {
  #group: LiveFrame[] = [];
  readonly #listeners = new Set<LiveListener>();

  /** Returns what ends the subscription. */
  subscribe(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The frames of the fragment being received, so far. */
  get group(): readonly LiveFrame[] {
    return this.#group;
  }

  frame(frame: LiveFrame): void {
    if (frame.startsFragment) this.#group = [];
    this.#group.push(frame);
    for (const listener of this.#listeners) listener.frame?.(frame);
  }

  persisted(fragment: FragmentRecord): void {
    for (const listener of this.#listeners) listener.persisted?.(fragment);
  }

  producer(session: ProducerSession): void {
    for (const listener of this.#listeners) listener.producer?.(session);
  }

  ack(ack: SentAck): void {
    for (const listener of this.#listeners) listener.ack?.(ack);
  }

  sessions(open: number): void {
    if (open === 0) this.#group = [];
    for (const listener of this.#listeners) listener.sessions?.(open);
  }
}
