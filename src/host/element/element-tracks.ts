import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import { NalSplitter } from '../../media/pieces/nal-splitter.ts';
import type { TrackInfo } from '../../producer/info/track-info.ts';
import { AccessUnits, type FrameMessage } from '../access-units/access-units.ts';
import { LeadingUnits } from '../access-units/leading-units.ts';
import type { ElementSettings } from '../settings/element-settings.ts';
import { type FrameInterval, frameInterval } from '../times/frame-interval.ts';
import type { ElementConfig, GstCapsJson, PadConfig } from '../wire/wire.ts';
import { describeTrack } from './caps.ts';
import { PadTracks } from './pad-tracks.ts';

/** What becomes of the frames of an element's tracks. */
export type FrameUse = {
  /** Puts a whole frame into the stream; a promise when that has to wait. */
  readonly put: (frame: FrameMessage) => Promise<void> | undefined;
  /** A frame that no track can take. */
  readonly leaveOut: (frame: FrameMessage) => void;
};

/**
 * What one opening of an element knows of its tracks: which there are, their descriptions, and the
 * access units of those whose frames come in pieces (alignment=nal).
 */
export class ElementTracks {
  readonly #pads: PadTracks;
  /** Tracks that joined, and whose medium the core does not take. */
  readonly #refused = new Set<number>();
  /** Those that OPEN had: what is wrong with one of them is wrong with the pipeline. */
  readonly #first: ReadonlySet<number>;
  readonly #settings: ElementSettings;
  readonly #use: FrameUse;
  readonly #descriptions = new Map<number, TrackDescription>();
  readonly #accessUnits = new Map<number, AccessUnits>();
  readonly #leadingUnits = new Map<number, LeadingUnits>();
  readonly #intervals = new Map<number, FrameInterval>();

  /** How long a stream's first frame waits for tracks that may still come. */
  moreTracksWaitMs: number;

  constructor({ pads, padWaitMs = 0 }: ElementConfig, settings: ElementSettings, use: FrameUse) {
    this.#pads = new PadTracks(pads, settings.host.trackName);
    this.#first = new Set(pads.map(({ track }) => track));
    this.#settings = settings;
    this.#use = use;
    this.moreTracksWaitMs = padWaitMs;
  }

  /** The tracks that there are, in the order of their numbers. */
  get infos(): TrackInfo[] {
    return this.#pads.infos;
  }

  has(track: number): boolean {
    return this.#pads.get(track) !== undefined;
  }

  /** A track joins. */
  add(pad: PadConfig): TrackInfo {
    this.#refused.delete(pad.track);
    return this.#pads.add(pad);
  }

  /** A track is gone. False when there is none of this number. */
  remove(track: number): boolean {
    this.#descriptions.delete(track);
    this.#intervals.delete(track);
    this.#accessUnits.delete(track);
    this.#leadingUnits.delete(track);
    this.#refused.delete(track);
    return this.#pads.remove(track);
  }

  /** The core cannot store it. False for one that was there when the stream was opened. */
  refuse(track: number): boolean {
    if (this.#first.has(track)) return false;
    this.#descriptions.delete(track);
    this.#accessUnits.delete(track);
    this.#refused.add(track);
    return true;
  }

  /** By track number, of the tracks whose CAPS have come. */
  get descriptions(): ReadonlyMap<number, TrackDescription> {
    return this.#descriptions;
  }

  /** @throws KvsError when the core cannot store such a medium, or something about it is missing. */
  describe(track: number, caps: GstCapsJson): TrackDescription {
    const kind = this.#kindOf(track);
    const { codecId } = this.#settings.host;
    const { contentType } = this.#settings.stream;
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
    this.#refused.delete(track);
    const isInPieces = caps.fields['alignment'] === 'nal';
    const splitter = NalSplitter.of(description);
    this.#setPieces(track, isInPieces ? splitter : undefined);
    this.#setWhole(track, isInPieces ? undefined : splitter);
    return description;
  }

  #setPieces(track: number, splitter: NalSplitter | undefined): void {
    if (splitter === undefined) this.#accessUnits.delete(track);
    else this.#accessUnits.set(track, new AccessUnits(splitter, this.#use.put));
  }

  #setWhole(track: number, splitter: NalSplitter | undefined): void {
    const known = this.#leadingUnits.get(track);
    if (splitter === undefined) this.#leadingUnits.delete(track);
    else if (known !== undefined) known.splitter = splitter;
    else this.#leadingUnits.set(track, new LeadingUnits(splitter, this.#use.put));
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
    if (units !== undefined) return units.push(message);
    if (this.#refused.size === 0 || !this.#refused.has(message.track)) {
      const leading = this.#leadingUnits.get(message.track);
      return leading === undefined ? this.#use.put(message) : leading.push(message);
    }
    this.#use.leaveOut(message);
    return undefined;
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

  /** Where what is still being gathered begins in the element's bytes; Infinity: nothing is. */
  get heldFrom(): number {
    let from = Number.POSITIVE_INFINITY;
    for (const units of this.#accessUnits.values()) from = Math.min(from, units.heldFrom);
    for (const units of this.#leadingUnits.values()) from = Math.min(from, units.heldFrom);
    return from;
  }

  /** Forgets what is still being gathered. */
  discard(): void {
    for (const units of this.#accessUnits.values()) units.discard();
  }

  #kindOf(track: number): PadConfig['kind'] {
    return this.#pads.get(track)?.kind ?? 'other';
  }
}
