import type { SourceMessage } from '../wire/wire.ts';

/** The sources of an element's tracks, and what follows for all of them together. */
export class ElementSources {
  readonly #byTrack = new Map<number, SourceMessage>();

  set(track: number, source: SourceMessage): void {
    this.#byTrack.set(track, source);
  }

  /** False where nothing was known of it. */
  forget(track: number): boolean {
    return this.#byTrack.delete(track);
  }

  /** A live one among them makes all of them live. Undefined while nothing is known. */
  get isLive(): boolean | undefined {
    if (this.#byTrack.size === 0) return undefined;
    return [...this.#byTrack.values()].some(({ live }) => live);
  }

  /** Frames can wait for room in the store, and none need be dropped for want of it. */
  get canWait(): boolean {
    return this.isLive === false && [...this.#byTrack.values()].some(({ runsAhead }) => runsAhead);
  }
}
