import type { PendingFrame } from '../tracks/track.ts';

/** A place in the row of frames: all that was put before it is packaged first. */
export type Cut = {
  /** end: the fragment ends, with its tag. break: what follows does not continue it. */
  readonly kind: 'end' | 'break';
  isMade: boolean;
  /** Resolves the promise that the caller was given, if it was. */
  settle: (() => void) | undefined;
};

/**
 * Cuts that wait for room in the store, and everything that was put behind them: it has to stay
 * there, or the frames of the next fragment would get into the one that ends.
 */
export class PendingCuts {
  /** The cut that comes next. */
  first: Cut | undefined;
  #behind: (PendingFrame | Cut)[] = [];

  /** Frames and cuts behind the first cut. */
  get length(): number {
    return this.#behind.length;
  }

  /** From where the caller has the frames behind the cuts; Infinity when there are none. */
  get neededFrom(): number {
    let from = Number.POSITIVE_INFINITY;
    for (const next of this.#behind) {
      if (!('kind' in next)) from = Math.min(from, next.track.neededFor(next, next.isKeyFrame));
    }
    return from;
  }

  /** True when nothing was put behind a cut that ends a fragment. */
  get endsWithEnd(): boolean {
    const last = this.#behind.at(-1) ?? this.first;
    return last !== undefined && 'kind' in last && last.kind === 'end';
  }

  add(cut: Cut): void {
    if (this.first === undefined) this.first = cut;
    else this.#behind.push(cut);
  }

  /** Keeps a frame behind the cut. */
  hold(frame: PendingFrame): void {
    this.#behind.push(frame);
  }

  /** The first cut is made: gives out the frames between it and the next one. */
  pass(): PendingFrame[] {
    const frames: PendingFrame[] = [];
    this.first = undefined;
    while (this.first === undefined) {
      const next = this.#behind.shift();
      if (next === undefined) break;
      if ('kind' in next) this.first = next;
      else frames.push(next);
    }
    return frames;
  }

  /** Forgets everything; gives it out in order. */
  clear(): (PendingFrame | Cut)[] {
    const all = [...(this.first === undefined ? [] : [this.first]), ...this.#behind];
    this.first = undefined;
    this.#behind = [];
    return all;
  }
}
