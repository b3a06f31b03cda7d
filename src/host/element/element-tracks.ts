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

/** What is known of a track since its CAPS have come. */
type Medium = FramePacing & {
  readonly description: TrackDescription;
  /** Puts access units together that come in pieces (alignment=nal). */
  readonly pieces: AccessUnits | undefined;
  /** Puts what comes in front of a picture to it. */
  readonly leading: LeadingUnits | undefined;
};

/** What the times of a track's frames are judged by. */
export type FramePacing = {
  /** Frames may be shown in another order than they come in. */
  readonly reorders: boolean;
  /** How far a frame is from the next one. */
  readonly interval: FrameInterval;
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
  readonly #media = new Map<number, Medium>();

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
    this.#media.delete(track);
    this.#refused.delete(track);
    return this.#pads.remove(track);
  }

  /** The core cannot store it. False for one that was there when the stream was opened. */
  refuse(track: number): boolean {
    if (this.#first.has(track)) return false;
    this.#media.delete(track);
    this.#refused.add(track);
    return true;
  }

  /** By track number, of the tracks whose CAPS have come. */
  get descriptions(): ReadonlyMap<number, TrackDescription> {
    return new Map([...this.#media].map(([track, { description }]) => [track, description]));
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
    const isInPieces = caps.fields['alignment'] === 'nal';
    const splitter = NalSplitter.of(description);
    this.#media.set(track, {
      description,
      reorders: description.kind === 'video',
      interval: frameInterval(caps),
      pieces: isInPieces && splitter ? new AccessUnits(splitter, this.#use.put) : undefined,
      leading: isInPieces || splitter === undefined ? undefined : this.#leadingOf(track, splitter),
    });
    this.#refused.delete(track);
    return description;
  }

  /** What waits for its picture goes on waiting when the caps change. */
  #leadingOf(track: number, splitter: NalSplitter): LeadingUnits {
    const known = this.#media.get(track)?.leading;
    if (known === undefined) return new LeadingUnits(splitter, this.#use.put);
    known.splitter = splitter;
    return known;
  }

  /** What is known of the times of a track's frames. */
  pacing(track: number): FramePacing {
    const known = this.#media.get(track);
    return known ?? { reorders: this.#kindOf(track) === 'video', interval: () => undefined };
  }

  /** Takes a frame, or a piece of one. */
  push(message: FrameMessage): Promise<void> | undefined {
    const { track } = message;
    const medium = this.#media.get(track);
    if (medium?.leading !== undefined) return medium.leading.push(message);
    if (medium?.pieces !== undefined) return medium.pieces.push(message);
    if (medium !== undefined || !this.#refused.has(track)) return this.#use.put(message);
    this.#use.leaveOut(message);
    return undefined;
  }

  /** What is still being gathered of a track is all there will be of it. */
  finish(track: number): Promise<void> | undefined {
    return this.#media.get(track)?.pieces?.finish();
  }

  /** The same, of every track. */
  finishAll(): Promise<void> | undefined {
    const waits = [...this.#media.values()].flatMap(({ pieces }) => pieces?.finish() ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
  }

  /** Where what is still being gathered begins in the element's bytes; Infinity: nothing is. */
  get heldFrom(): number {
    let from = Number.POSITIVE_INFINITY;
    for (const { pieces, leading } of this.#media.values()) {
      from = Math.min(from, pieces?.heldFrom ?? from, leading?.heldFrom ?? from);
    }
    return from;
  }

  /** Forgets what is still being gathered. */
  discard(): void {
    for (const { pieces } of this.#media.values()) pieces?.discard();
  }

  #kindOf(track: number): PadConfig['kind'] {
    return this.#pads.get(track)?.kind ?? 'other';
  }
}
