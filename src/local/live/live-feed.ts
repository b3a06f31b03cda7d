import type { ReadTrack } from '../../matroska/types.ts';
import type { FragmentRecord } from '../fragments/types.ts';

/** A frame on its way in. `data` stays valid and must not be changed. */
export type LiveFrame = {
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
};

/** Tells listeners what is arriving on a stream. Costs nothing while nobody listens. */
export class LiveFeed {
  readonly #listeners = new Set<LiveListener>();

  /** Returns what ends the subscription. */
  subscribe(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  frame(frame: LiveFrame): void {
    for (const listener of this.#listeners) listener.frame?.(frame);
  }

  persisted(fragment: FragmentRecord): void {
    for (const listener of this.#listeners) listener.persisted?.(fragment);
  }

  sessions(open: number): void {
    for (const listener of this.#listeners) listener.sessions?.(open);
  }
}
