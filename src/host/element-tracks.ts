import { NalSplitter } from '../media/nal-splitter.ts';
import type { TrackDescription } from '../media/types.ts';
import { AccessUnits, type FrameMessage } from './access-units.ts';
import { describeTrack } from './caps.ts';
import type { ElementSettings } from './settings.ts';
import { type FrameInterval, frameInterval } from './times/frame-interval.ts';
import type { ElementConfig, GstCapsJson, PadConfig } from './wire.ts';

/** Puts a whole frame into the stream; a promise when that has to wait. */
type OnFrame = (frame: FrameMessage) => Promise<void> | undefined;

/**
 * What one opening of an element knows of its tracks: their descriptions, and the access units of
 * those whose frames come in pieces (alignment=nal).
 */
export class ElementTracks {
  readonly #config: ElementConfig;
  readonly #settings: ElementSettings;
  readonly #onFrame: OnFrame;
  readonly #descriptions = new Map<number, TrackDescription>();
  readonly #accessUnits = new Map<number, AccessUnits>();
  readonly #intervals = new Map<number, FrameInterval>();

  constructor(config: ElementConfig, settings: ElementSettings, onFrame: OnFrame) {
    this.#config = config;
    this.#settings = settings;
    this.#onFrame = onFrame;
  }

  /** By track number, of the tracks whose CAPS have come. */
  get descriptions(): ReadonlyMap<number, TrackDescription> {
    return this.#descriptions;
  }

  /** @throws KvsError when the core cannot store such a medium, or something about it is missing. */
  describe(track: number, caps: GstCapsJson): TrackDescription {
    const kind = this.#kindOf(track);
    const { codecId, contentType } = this.#settings;
    return describeTrack(caps, kind, {
      ...(codecId === undefined ? {} : { codecId }),
      ...(contentType === undefined ? {} : { contentType }),
    });
  }

  /** What comes of a track from now on. @throws KvsError as describe does. */
  setCaps(track: number, caps: GstCapsJson): TrackDescription {
    const description = this.describe(track, caps);
    this.#descriptions.set(track, description);
    this.#intervals.set(track, frameInterval(caps));
    const isInPieces = caps.fields['alignment'] === 'nal';
    const splitter = isInPieces ? NalSplitter.of(description) : undefined;
    if (splitter === undefined) this.#accessUnits.delete(track);
    else this.#accessUnits.set(track, new AccessUnits(splitter, this.#onFrame));
    return description;
  }

  /** Frames of a video track may be shown in another order than they come in. */
  reorders(track: number): boolean {
    return (this.#descriptions.get(track)?.kind ?? this.#kindOf(track)) === 'video';
  }

  /** How far a frame of so many bytes is from the next one, as far as the caps say. */
  intervalNs(track: number, byteLength: number): bigint | undefined {
    return this.#intervals.get(track)?.(byteLength);
  }

  /** Takes a frame, or a piece of one. */
  push(message: FrameMessage): Promise<void> | undefined {
    const units = this.#accessUnits.get(message.track);
    return units === undefined ? this.#onFrame(message) : units.push(message);
  }

  /** What is still being gathered of a track is all there will be of it. */
  finish(track: number): Promise<void> | undefined {
    return this.#accessUnits.get(track)?.finish();
  }

  /** The same, of every track. */
  finishAll(): Promise<void> | undefined {
    const waits = [...this.#accessUnits.values()].flatMap((units) => units.finish() ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
  }

  /** Forgets what is still being gathered. */
  discard(): void {
    for (const units of this.#accessUnits.values()) units.discard();
  }

  #kindOf(track: number): PadConfig['kind'] {
    return this.#config.pads.find((pad) => pad.track === track)?.kind ?? 'other';
  }
}
