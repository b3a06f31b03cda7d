import { KvsError } from '../../errors/kvs-error.ts';
import { SIMPLE_BLOCK_HEADER_BYTES } from '../../matroska/blocks.ts';
import type { AccessUnitPlan } from '../../media/codec/codec-adapter.ts';
import type { StreamView } from '../../storage/stream-view.ts';
import type { Corrected } from '../../storage/time-correction.ts';
import type { PendingFrame, Track } from '../tracks/track.ts';
import {
  type BeginReason,
  type BoundaryRules,
  decideBoundary,
  MAX_FRAGMENT_NS,
} from './boundary.ts';
import { followLead, isVideoComing, succeedsLead } from './follow-lead.ts';
import { FragmentComposer } from './fragment-composer.ts';
import { FragmentRate } from './fragment-rate.ts';
import { judgeFrame } from './judge-frame.ts';
import { LeadHistory } from './lead-history.ts';
import type { MetadataQueue } from './metadata-queue.ts';
import type { LossReason, PackagerEvents } from './packager-events.ts';
import type { FormatState, HeaderSettings, SessionTrack } from './session-formats.ts';
import { SessionTimes } from './session-times.ts';
import { SessionTracks } from './session-tracks.ts';

/** A fragment that has come so far without a key frame gets one asked for, before it is too long. */
const KEY_FRAME_WANTED_NS = 8_000_000_000n;

/** What became of a frame. */
export type PackResult =
  /** In the store. */
  | 'stored'
  /** Left out on purpose and counted, or it held nothing to store. */
  | 'skipped'
  /** No room and nothing may be dropped: try again later. */
  | 'blocked'
  /** Stays in its queue until a fragment begins whose session has its track. */
  | 'parked';

/** What a packager has from its stream. */
export type PackagerOptions = {
  readonly tracks: readonly Track[];
  readonly view: StreamView;
  readonly metadata: MetadataQueue;
  readonly rules: BoundaryRules;
  readonly header: HeaderSettings;
  readonly absoluteFragmentTimes: boolean;
  /** See SessionTimesOptions. */
  readonly areMediaTimes: boolean;
  readonly nowMs: () => number;
  readonly events: PackagerEvents;
};

/** The open fragment, as far as the store does not know it. */
type OpenFragment = {
  readonly startNs: bigint;
  readonly timecode: bigint;
  readonly epoch: number;
  /** Added to its frames' times: what their clock is known to be wrong by. */
  readonly correctionNs: bigint;
};

/** Where a frame goes in the open fragment. */
type Place = {
  readonly sessionTrack: SessionTrack;
  readonly isKeyFrame: boolean;
  /** Of the frame, where its track follows the leading one's times: of those. */
  readonly ptsNs: bigint;
  /** Timecode units from the cluster's. */
  readonly relative: bigint;
};

/**
 * Cuts the row of frames into fragments and writes them as Matroska into the store. Frames come in
 * the order in which they are stored. Nothing changes here before the store has room for a frame,
 * so a frame that finds none can be tried again.
 */
export class Packager {
  readonly #options: PackagerOptions;
  readonly #times: SessionTimes;
  readonly #sessionTracks: SessionTracks;
  readonly #composer: FragmentComposer;
  #open: OpenFragment | undefined;
  /** What comes next must be a key frame of the leading track. */
  #needsKeyFrame = true;
  readonly #leadHistory = new LeadHistory();
  readonly #rate = new FragmentRate();

  constructor(options: PackagerOptions) {
    const { tracks, view, metadata, header, absoluteFragmentTimes, areMediaTimes, nowMs } = options;
    this.#options = options;
    this.#times = new SessionTimes({
      timecodeScaleNs: header.timecodeScaleNs,
      isAbsolute: absoluteFragmentTimes,
      areMediaTimes,
      nowMs,
    });
    this.#sessionTracks = new SessionTracks(tracks, header, this.#times);
    this.#composer = new FragmentComposer(view, metadata);
  }

  get hasOpenFragment(): boolean {
    return this.#open !== undefined && this.#options.view.open !== undefined;
  }

  /** True once a fragment was begun. */
  get hasStarted(): boolean {
    return this.#sessionTracks.state !== undefined;
  }

  get contentType(): string | undefined {
    return this.#sessionTracks.contentType;
  }

  /** What is added to frames' times: the clock they come from was wrong. */
  get correctionNs(): bigint {
    return this.#times.correctionNs;
  }

  package(frame: PendingFrame): PackResult {
    if (this.#open !== undefined && this.#options.view.open === undefined) this.#forgetOpen();
    const plan = this.#plan(frame);
    if (plan === undefined) return 'skipped';
    const { decodability } = frame.track;
    if (plan.byteLength === 0) {
      decodability.passOver(frame);
      return 'skipped';
    }
    if (frame.adapter.format === undefined && plan.isRandomAccessPoint) {
      decodability.interrupt();
      return this.#lose(frame, 'no-format');
    }
    frame.verdict ??= judgeFrame(frame, plan.isRandomAccessPoint, this.#options.events);
    if (!frame.verdict.keep) return this.#lose(frame, frame.verdict.reason);
    const { isKeyFrame } = frame.verdict;
    const sessionTrack = this.#sessionTracks.of(frame.track);
    if (this.#open === undefined) return this.#first(frame, plan, isKeyFrame);
    if (sessionTrack === undefined) return this.#ofNewTrack(frame, plan, isKeyFrame);
    const lead = this.#sessionTracks.state?.lead;
    if (sessionTrack !== lead) {
      followLead(frame, lead?.track, this.#leadHistory, this.#options.events);
    }
    const ptsNs = frame.ptsNs + frame.track.rebaseNs;
    const relative = this.#times.units(ptsNs) - this.#open.timecode;
    const place: Place = { sessionTrack, isKeyFrame, ptsNs, relative };
    const verdict = this.#decide(frame, plan, place);
    if (verdict !== undefined) return this.#begin(frame, plan, isKeyFrame, verdict);
    return this.#append(frame, plan, place);
  }

  /**
   * Ends the open fragment with the metadata that waits and the END_OF_FRAGMENT tag; a key frame
   * has to follow. Where five fragments have started within the last second it goes on instead,
   * unless it is the stream's last.
   * @returns blocked: there is no room for the tag, nothing was done, try again later
   */
  endFragment(isLast: boolean): 'ended' | 'blocked' {
    if (this.#open !== undefined && this.#options.view.open === undefined) this.#forgetOpen();
    if (!isLast && this.#open !== undefined && this.#rate.isFull(this.#leadHistory.ptsNs)) {
      this.#options.events.joined('too-frequent');
      return 'ended';
    }
    const { open } = this.#options.view;
    if (this.#open !== undefined && open !== undefined) {
      const format = this.#sessionTracks.final(open.format);
      if (this.#composer.end(format) === 'blocked') return 'blocked';
    }
    this.#open = undefined;
    this.#needsKeyFrame = true;
    return 'ended';
  }

  /**
   * Frames' times come from a clock that is wrong by so much: those of which nothing was sent yet
   * are set right, and all that begin from now on.
   */
  correct(byNs: bigint): Corrected {
    const { view } = this.#options;
    const correction = this.#times.correct(byNs);
    this.#sessionTracks.corrected(correction);
    const corrected = view.correct(correction);
    const { units } = correction;
    const open = this.#open;
    if (open !== undefined) {
      const isSet = corrected.hasOpen;
      this.#open = {
        ...open,
        timecode: open.timecode + units,
        correctionNs: open.correctionNs + (isSet ? correction.byNs : 0n),
      };
    }
    const { state } = this.#sessionTracks;
    if (state !== undefined && corrected.hasNewest) state.lastTimecode += units;
    return corrected;
  }

  /** The timeline or the data breaks here: the fragment ends, a key frame has to follow. */
  interrupt(): void {
    this.#complete();
    this.#needsKeyFrame = true;
  }

  #complete(): void {
    const { view } = this.#options;
    if (view.open !== undefined) {
      const format = this.#sessionTracks.final(view.open.format);
      view.complete({ endsWithEofr: false, format });
    }
    this.#open = undefined;
  }

  /** The store may have dropped the open fragment while another stream made room for itself. */
  #forgetOpen(): void {
    this.#open = undefined;
    this.#needsKeyFrame = true;
  }

  #plan(frame: PendingFrame): AccessUnitPlan | undefined {
    try {
      return frame.adapter.plan(frame.data);
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      frame.track.decodability.interrupt();
      this.#lose(frame, 'invalid', error);
      return undefined;
    }
  }

  /** A frame while no fragment is open. */
  #first(frame: PendingFrame, plan: AccessUnitPlan, isKeyFrame: boolean): PackResult {
    if (!this.#needsKeyFrame) return this.#begin(frame, plan, isKeyFrame, 'duration');
    const isVideo = frame.track.kind === 'video';
    if (isVideo && !isKeyFrame) return this.#lose(frame, 'no-key-frame');
    if (!isVideo && isVideoComing(this.#options.tracks)) return this.#park(frame);
    return this.#begin(frame, plan, isKeyFrame, this.hasStarted ? 'key-frame' : undefined);
  }

  /** A frame of a track that the session does not have. */
  #ofNewTrack(frame: PendingFrame, plan: AccessUnitPlan, isKeyFrame: boolean): PackResult {
    const { lead } = this.#sessionTracks.state as FormatState;
    const isVideo = frame.track.kind === 'video';
    if (isVideo && !isKeyFrame) return this.#lose(frame, 'no-key-frame');
    // The next fragment of the leading track is worth waiting for, unless none will come.
    const mayLead = (isVideo && lead.format.kind !== 'video') || lead.track.isAtEnd;
    return mayLead ? this.#begin(frame, plan, isKeyFrame, 'new-track') : this.#park(frame);
  }

  /** Keeps a track's frames for the next fragment, as long as they can still be part of it. */
  #park(frame: PendingFrame): PackResult {
    const { track } = frame;
    const newest = track.queue.at(-1);
    if (newest !== undefined && newest.orderNs - frame.orderNs > MAX_FRAGMENT_NS) {
      return this.#lose(frame, 'no-key-frame');
    }
    track.isParked = true;
    return 'parked';
  }

  #lose(frame: PendingFrame, reason: LossReason, error?: KvsError): PackResult {
    const { events } = this.#options;
    const { track } = frame;
    events.lost(frame, reason, error);
    if (track.kind === 'video') {
      if (reason === 'no-key-frame') track.decodability.interrupt();
      if (track.decodability.isWaiting) events.keyFrameWanted(track);
    }
    return 'skipped';
  }

  /** Why a fragment begins with the frame; undefined: it goes into the open one. */
  #decide(
    frame: PendingFrame,
    plan: AccessUnitPlan,
    { sessionTrack, isKeyFrame, ptsNs, relative }: Place,
  ): BeginReason | undefined {
    const { rules, view, events } = this.#options;
    const state = this.#sessionTracks.state as FormatState;
    const { sessionTracks, lead } = state;
    const open = this.#open as OpenFragment;
    const isLead =
      sessionTrack === lead ||
      (lead.track.isAtEnd && succeedsLead(sessionTrack, ptsNs, state, this.#leadHistory));
    const isVideo = sessionTrack.format.kind === 'video';
    // Within a group of pictures a fragment begins only where it has to.
    const mayBegin = isKeyFrame || !isVideo;
    const verdict = decideBoundary(
      {
        isLead,
        isVideo,
        isKeyFrame,
        isDiscontinuity: frame.isDiscontinuity,
        isTooFrequent: frame.isDiscontinuity && this.#rate.isFull(ptsNs),
        isNewTimeline: isLead && frame.epoch > open.epoch,
        hasNewFormat: mayBegin && this.#sessionTracks.hasNewFormat(frame, sessionTrack),
        elapsedNs: ptsNs - open.startNs,
        durationNs: frame.durationNs,
        relative,
        byteLength: (view.open?.byteLength ?? 0) + SIMPLE_BLOCK_HEADER_BYTES + plan.byteLength,
        isTrackMissing:
          mayBegin && sessionTracks.some((m) => m.frames === 0 && m.track.flow === 'flowing'),
      },
      rules,
    );
    if (verdict.begin) return verdict.reason;
    if (verdict.joined !== undefined) events.joined(verdict.joined);
    return undefined;
  }

  #begin(
    frame: PendingFrame,
    plan: AccessUnitPlan,
    isKeyFrame: boolean,
    reason: BeginReason | undefined,
  ): PackResult {
    const { metadata, events } = this.#options;
    // Complete it before asking for room: it can be persisted, and then makes room itself.
    this.#complete();
    this.#needsKeyFrame = false;
    if (frame.adapter.format === undefined) {
      this.#needsKeyFrame = true;
      return this.#lose(frame, 'no-format');
    }
    const batch = metadata.nextForFragment();
    const room = this.#makeRoom(frame, this.#composer.beginBytes(batch, plan));
    if (room !== undefined) return room;

    const old = this.#sessionTracks.state;
    const { state, startNs } = this.#sessionTracks.prepare(frame, this.#leadHistory);
    const timecode = this.#times.clusterTimecode(startNs, state.lastTimecode);
    state.lastTimecode = timecode;
    state.epoch = Math.max(state.epoch, frame.epoch);
    const { correctionNs } = this.#times;
    this.#open = { startNs, timecode, epoch: frame.epoch, correctionNs };
    for (const sessionTrack of state.sessionTracks) {
      sessionTrack.frames = 0;
      sessionTrack.track.isParked = false;
    }
    this.#rate.began(startNs);
    const { format } = state;
    const { arrivedMs } = frame;
    this.#composer.begin({ format, timecode, startNs: startNs + correctionNs, arrivedMs }, batch);
    const isKey = isKeyFrame || frame.track.kind !== 'video';
    events.began(old === undefined ? undefined : reason, {
      isNewFormat: state !== old,
      isKeyFrame: isKey,
      track: frame.track,
    });
    const sessionTrack = this.#sessionTracks.of(frame.track) as SessionTrack;
    const ptsNs = frame.ptsNs + frame.track.rebaseNs;
    const relative = this.#times.units(ptsNs) - timecode;
    this.#store(frame, plan, { sessionTrack, isKeyFrame, ptsNs, relative });
    return 'stored';
  }

  #append(frame: PendingFrame, plan: AccessUnitPlan, place: Place): PackResult {
    const { view, events } = this.#options;
    const { sessionTrack, ptsNs } = place;
    const isLeadingVideo =
      sessionTrack === this.#sessionTracks.state?.lead && sessionTrack.format.kind === 'video';
    if (isLeadingVideo && ptsNs - (this.#open as OpenFragment).startNs >= KEY_FRAME_WANTED_NS) {
      events.keyFrameWanted(frame.track);
    }
    const room = this.#makeRoom(frame, SIMPLE_BLOCK_HEADER_BYTES + plan.byteLength);
    if (room !== undefined) return room;
    // Making room may have taken the very fragment that the frame belongs to.
    if (view.open === undefined) return this.package(frame);
    this.#store(frame, plan, place);
    return 'stored';
  }

  /** Undefined when there is room; otherwise what becomes of the frame. */
  #makeRoom(frame: PendingFrame, byteLength: number): PackResult | undefined {
    const { view } = this.#options;
    try {
      if (view.reserve(byteLength)) return undefined;
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      this.#breakAfterLoss(frame);
      return this.#lose(frame, 'too-large', error);
    }
    if (!view.mayDrop) return 'blocked';
    this.#breakAfterLoss(frame);
    return this.#lose(frame, 'no-room');
  }

  /** After a lost video frame the rest up to the next key frame cannot be decoded. */
  #breakAfterLoss(frame: PendingFrame): void {
    if (frame.track.kind === 'video' || this.#open === undefined) this.interrupt();
    frame.track.decodability.interrupt();
  }

  #store(frame: PendingFrame, plan: AccessUnitPlan, place: Place): void {
    const { track } = frame;
    const { sessionTrack, isKeyFrame, ptsNs } = place;
    const relative = Number(place.relative);
    if (relative < 0) this.#options.events.early(track);
    if (isKeyFrame) track.keyPosition = frame.position;
    this.#composer.add(frame, plan, {
      trackNumber: sessionTrack.number,
      isKeyFrame,
      ptsNs: ptsNs + (this.#open as OpenFragment).correctionNs,
      relative,
      neededFrom: track.neededFor(frame, isKeyFrame),
    });
    sessionTrack.frames += 1;
    track.lastPackagedNs = ptsNs;
    if (sessionTrack === this.#sessionTracks.state?.lead) this.#leadHistory.saw(frame, ptsNs);
  }
}
