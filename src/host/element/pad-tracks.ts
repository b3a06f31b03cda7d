import type { TrackInfo } from '../../producer/info/track-info.ts';
import type { PadConfig } from '../wire/wire.ts';

/**
 * The element's pads as tracks of the stream: those of OPEN, and those that came and went since. A
 * track keeps its name as long as its number, also when it is gone and comes again.
 */
export class PadTracks {
  readonly #trackName: string;
  readonly #pads = new Map<number, PadConfig>();
  readonly #names = new Map<number, string>();

  /** @param trackName of video tracks */
  constructor(pads: readonly PadConfig[], trackName: string) {
    this.#trackName = trackName;
    for (const pad of [...pads].sort((a, b) => a.track - b.track)) this.add(pad);
  }

  /** In the order of their numbers. */
  get infos(): TrackInfo[] {
    const pads = [...this.#pads.values()].sort((a, b) => a.track - b.track);
    return pads.map((pad) => this.#infoOf(pad));
  }

  get(track: number): PadConfig | undefined {
    return this.#pads.get(track);
  }

  add(pad: PadConfig): TrackInfo {
    this.#pads.set(pad.track, pad);
    return this.#infoOf(pad);
  }

  /** False for a track that is not there. */
  remove(track: number): boolean {
    return this.#pads.delete(track);
  }

  #infoOf({ track, kind }: PadConfig): TrackInfo {
    const trackName = this.#names.get(track) ?? this.#newName(kind);
    this.#names.set(track, trackName);
    return { trackId: track, trackName, kind };
  }

  /** Upstream's names: `track-name` for video, `audio` for audio; a second one is numbered. */
  #newName(kind: PadConfig['kind']): string {
    const name = kind === 'audio' ? 'audio' : this.#trackName;
    const taken = new Set(this.#names.values());
    if (!taken.has(name)) return name;
    for (let count = 2; ; count += 1) {
      const numbered = `${name}_${count}`;
      if (!taken.has(numbered)) return numbered;
    }
  }
}
