/** Timecodes remembered per track: more than any encoder reorders. */
const REMEMBERED = 32;
const MAX_TRACK_NUMBER = 3;

/**
 * KVS wants no two tracks to have the same timecode: the frame that is written later moves one
 * unit on (1 ms with the default scale). Because a video key frame goes before everything of its
 * time, a fragment's first timecode stays what it is.
 */
export class UsedTimecodes {
  readonly #used = Array.from({ length: MAX_TRACK_NUMBER }, () => new Int32Array(REMEMBERED));
  readonly #counts = new Uint32Array(MAX_TRACK_NUMBER);

  clear(): void {
    this.#counts.fill(0);
  }

  /** The timecode at or after `wanted` that no other track has; remembers it for this one. */
  place(trackNumber: number, wanted: number): number {
    let timecode = wanted;
    while (timecode < 0x7fff && this.#isTaken(trackNumber, timecode)) timecode += 1;
    const own = trackNumber - 1;
    const count = this.#counts[own] ?? 0;
    const ring = this.#used[own];
    if (ring !== undefined) ring[count % REMEMBERED] = timecode;
    this.#counts[own] = count + 1;
    return timecode;
  }

  #isTaken(trackNumber: number, timecode: number): boolean {
    for (let track = 0; track < MAX_TRACK_NUMBER; track++) {
      if (track === trackNumber - 1) continue;
      const length = Math.min(this.#counts[track] ?? 0, REMEMBERED);
      const ring = this.#used[track];
      for (let i = 0; i < length; i++) if (ring?.[i] === timecode) return true;
    }
    return false;
  }
}
