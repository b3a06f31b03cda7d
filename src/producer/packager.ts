import { KvsError } from '../errors/kvs-error.ts';
import {
  BlockWriter,
  CLUSTER_HEADER_BYTES,
  SIMPLE_BLOCK_HEADER_BYTES,
} from '../matroska/blocks.ts';
import { END_OF_FRAGMENT } from '../matroska/tags.ts';
import { TimecodeScale } from '../matroska/timecode.ts';
import type { AccessUnitPlan } from '../media/types.ts';
import type { StreamView } from '../storage/stream-view.ts';
import {
  type BeginReason,
  type BoundaryRules,
  decideBoundary,
  type JoinReason,
  MAX_FRAGMENT_NS,
} from './boundary.ts';
import type { MetadataBatch, MetadataQueue } from './metadata-queue.ts';
import {
  type Candidate,
  type FormatState,
  type HeaderSettings,
  hasNewFormat,
  type Member,
  makeFormat,
  matches,
} from './session-formats.ts';
import type { PendingFrame, Track } from './track.ts';
import { UsedTimecodes } from './used-timecodes.ts';

/** A gap that covers this much of a new fragment leaves the track out of its session. */
const GAP_LEAVES_OUT_NS = 1_000_000_000n;
/** A track whose times step away from the leading track's by more follows that one's instead. */
const MAX_DEVIATION_NS = 10_000_000_000n;
/** Times later than this (2000-01-01) are epoch times; no running time gets there. */
const EPOCH_TIMES_FROM_NS = 946_684_800_000_000_000n;

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

/** Why frames were left out. */
export type LossReason = 'no-key-frame' | 'no-room' | 'too-large' | 'invalid' | 'no-format';

/** What the packager tells the stream; called only when something is worth telling. */
export type PackagerEvents = {
  /** Frames that will not be sent. */
  lost(frame: PendingFrame, reason: LossReason, error?: KvsError): void;
  /** A fragment begins; `reason` is undefined for the first one. */
  began(reason: BeginReason | undefined, isNewFormat: boolean): void;
  joined(reason: JoinReason): void;
  /** A track's times were far from the leading track's. */
  rebased(track: Track, byNs: bigint): void;
};

export type PackagerOptions = {
  readonly tracks: readonly Track[];
  readonly view: StreamView;
  readonly metadata: MetadataQueue;
  readonly rules: BoundaryRules;
  readonly header: HeaderSettings;
  readonly absoluteFragmentTimes: boolean;
  /** Wall clock in ms, for the start of a stream with relative times. */
  readonly nowMs: () => number;
  readonly events: PackagerEvents;
};

/** The open fragment, as far as the store does not know it. */
type OpenFragment = {
  readonly startNs: bigint;
  readonly timecode: bigint;
  readonly epoch: number;
};

/**
 * Cuts the row of frames into fragments and writes them as Matroska into the store. Frames come in
 * the order in which they are stored. Nothing changes here before the store has room for a frame,
 * so a frame that finds none can be tried again.
 */
export class Packager {
  readonly #options: PackagerOptions;
  readonly #scale: TimecodeScale;
  readonly #blocks = new BlockWriter();
  readonly #used = new UsedTimecodes();
  #state: FormatState | undefined;
  #open: OpenFragment | undefined;
  /** What comes next must be a key frame of the leading track. */
  #needsKeyFrame = true;
  /** Relative times count from here; absolute ones from 0. */
  #baseNs: bigint | undefined;
  #producerStartMs: number | undefined;
  #leadNs = 0n;

  constructor(options: PackagerOptions) {
    this.#options = options;
    this.#scale = new TimecodeScale(options.header.timecodeScaleNs);
  }

  get hasOpenFragment(): boolean {
    return this.#open !== undefined && this.#options.view.open !== undefined;
  }

  /** True once a fragment was begun. */
  get hasStarted(): boolean {
    return this.#state !== undefined;
  }

  get contentType(): string | undefined {
    return this.#state?.members.map(({ format }) => format.contentType).join(',');
  }

  package(frame: PendingFrame): PackResult {
    this.#noticeDrop();
    const plan = this.#plan(frame);
    if (plan === undefined || plan.byteLength === 0) return 'skipped';
    const isKeyFrame = frame.isKeyFrame || plan.isRandomAccessPoint;
    const member = this.#memberOf(frame.track);
    if (this.#open === undefined) return this.#first(frame, plan, isKeyFrame);
    if (member === undefined) return this.#stranger(frame, plan, isKeyFrame);
    this.#followLead(frame, member);
    const ptsNs = frame.ptsNs + frame.track.rebaseNs;
    const verdict = this.#decide(frame, plan, isKeyFrame, member, ptsNs);
    if (verdict !== undefined) return this.#begin(frame, plan, isKeyFrame, verdict);
    return this.#append(frame, plan, isKeyFrame, member, ptsNs);
  }

  /**
   * Ends the open fragment with the metadata that waits and the END_OF_FRAGMENT tag; a key frame
   * has to follow. False when there was nothing to end.
   */
  endFragment(): boolean {
    const { view, metadata } = this.#options;
    this.#noticeDrop();
    this.#needsKeyFrame = true;
    if (this.#open === undefined || view.open === undefined) return false;
    const batch = metadata.nextForEnd();
    // Without room for the tag the fragment ends all the same: the next one, or the end, shows it.
    const hasRoom = view.reserve(batch.byteLength + END_OF_FRAGMENT.length, false);
    if (view.open === undefined) {
      this.#open = undefined;
      return false;
    }
    if (hasRoom) {
      this.#writeTags(batch);
      view.write(END_OF_FRAGMENT, 0, END_OF_FRAGMENT.length);
    }
    view.complete({ endsWithEofr: hasRoom });
    this.#open = undefined;
    return true;
  }

  /** The timeline or the data breaks here: the fragment ends, a key frame has to follow. */
  interrupt(): void {
    this.#options.view.complete({ endsWithEofr: false });
    this.#open = undefined;
    this.#needsKeyFrame = true;
  }

  /** Forgets everything: what follows is like the begin of a stream, in a session of its own. */
  reset(): void {
    this.interrupt();
    this.#state = undefined;
    this.#baseNs = undefined;
    this.#producerStartMs = undefined;
    for (const track of this.#options.tracks) {
      track.rebaseNs = 0n;
      track.isParked = false;
    }
  }

  /** The store may have dropped the open fragment while another stream made room for itself. */
  #noticeDrop(): void {
    if (this.#open === undefined || this.#options.view.open !== undefined) return;
    this.#open = undefined;
    this.#needsKeyFrame = true;
  }

  #plan(frame: PendingFrame): AccessUnitPlan | undefined {
    try {
      return frame.adapter.plan(frame.data);
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      this.#options.events.lost(frame, 'invalid', error);
      return undefined;
    }
  }

  #memberOf(track: Track): Member | undefined {
    return this.#state?.members.find((member) => member.track === track);
  }

  /** A frame while no fragment is open. */
  #first(frame: PendingFrame, plan: AccessUnitPlan, isKeyFrame: boolean): PackResult {
    if (!this.#needsKeyFrame) return this.#begin(frame, plan, isKeyFrame, 'duration');
    const isVideo = frame.track.kind === 'video';
    if (isVideo && !isKeyFrame) return this.#lose(frame, 'no-key-frame');
    if (!isVideo && this.#isVideoComing()) return this.#park(frame);
    return this.#begin(
      frame,
      plan,
      isKeyFrame,
      this.#state === undefined ? undefined : 'key-frame',
    );
  }

  /** A frame of a track that the session does not have. */
  #stranger(frame: PendingFrame, plan: AccessUnitPlan, isKeyFrame: boolean): PackResult {
    if (frame.track.kind === 'video') {
      if (!isKeyFrame) return this.#lose(frame, 'no-key-frame');
      if (this.#state?.lead.format.kind !== 'video') {
        return this.#begin(frame, plan, isKeyFrame, 'new-track');
      }
    }
    return this.#park(frame);
  }

  #isVideoComing(): boolean {
    return this.#options.tracks.some(
      ({ kind, flow, queue }) =>
        kind === 'video' && (flow === 'flowing' || (flow === 'ended' && queue.length > 0)),
    );
  }

  /** Keeps a track's frames for the next fragment, as long as they can still be part of it. */
  #park(frame: PendingFrame): PackResult {
    const { track } = frame;
    const newest = track.queue.at(-1);
    if (newest !== undefined && newest.dtsNs - frame.dtsNs > MAX_FRAGMENT_NS) {
      return this.#lose(frame, 'no-key-frame');
    }
    track.isParked = true;
    return 'parked';
  }

  #lose(frame: PendingFrame, reason: LossReason, error?: KvsError): PackResult {
    this.#options.events.lost(frame, reason, error);
    return 'skipped';
  }

  /** Where a track's times jump away from the leading track's, it follows that one instead. */
  #followLead(frame: PendingFrame, member: Member): void {
    const { track } = frame;
    if (member === this.#state?.lead || this.#state?.lead.track.flow !== 'flowing') return;
    const ptsNs = frame.ptsNs + track.rebaseNs;
    const { lastPackagedNs } = track;
    const jumped = lastPackagedNs === undefined || isFar(ptsNs - lastPackagedNs, MAX_DEVIATION_NS);
    if (!jumped || !isFar(ptsNs - this.#leadNs, MAX_DEVIATION_NS)) return;
    const byNs = this.#leadNs - ptsNs;
    track.rebaseNs += byNs;
    this.#options.events.rebased(track, byNs);
  }

  #decide(
    frame: PendingFrame,
    plan: AccessUnitPlan,
    isKeyFrame: boolean,
    member: Member,
    ptsNs: bigint,
  ): BeginReason | undefined {
    const { rules, view, events } = this.#options;
    const state = this.#state as FormatState;
    const open = this.#open as OpenFragment;
    const isLead = member === state.lead;
    const verdict = decideBoundary(
      {
        isLead,
        isVideo: member.format.kind === 'video',
        isKeyFrame,
        isDiscontinuity: frame.isDiscontinuity,
        isNewTimeline: isLead && frame.epoch > open.epoch,
        hasNewFormat: isLead
          ? state.members.some((m) => hasNewFormat(m, this.#adapterOf(m.track, frame)))
          : hasNewFormat(member, frame.adapter),
        elapsedNs: ptsNs - open.startNs,
        durationNs: frame.durationNs,
        relative: this.#units(ptsNs) - open.timecode,
        byteLength: (view.open?.byteLength ?? 0) + SIMPLE_BLOCK_HEADER_BYTES + plan.byteLength,
        isTrackMissing: state.members.some((m) => m.frames === 0 && m.track.flow === 'flowing'),
      },
      rules,
    );
    if (verdict.begin) return verdict.reason;
    if (verdict.joined !== undefined) events.joined(verdict.joined);
    return undefined;
  }

  #adapterOf(track: Track, frame: PendingFrame): PendingFrame['adapter'] {
    if (track === frame.track) return frame.adapter;
    return track.queue[0]?.adapter ?? (track.adapter as PendingFrame['adapter']);
  }

  #begin(
    frame: PendingFrame,
    plan: AccessUnitPlan,
    isKeyFrame: boolean,
    reason: BeginReason | undefined,
  ): PackResult {
    const { view, metadata, events } = this.#options;
    // Complete it before asking for room: it can be persisted, and then makes room itself.
    view.complete({ endsWithEofr: false });
    this.#open = undefined;
    this.#needsKeyFrame = false;
    if (frame.adapter.format === undefined) {
      this.#needsKeyFrame = true;
      return this.#lose(frame, 'no-format');
    }
    const batch = metadata.nextForFragment();
    const room = this.#makeRoom(
      frame,
      batch.byteLength + CLUSTER_HEADER_BYTES + SIMPLE_BLOCK_HEADER_BYTES + plan.byteLength,
    );
    if (room !== undefined) return room;

    const old = this.#state;
    const state = this.#prepareState(frame);
    const ptsNs = frame.ptsNs + frame.track.rebaseNs;
    const timecode = this.#clusterTimecode(state, ptsNs);
    state.lastTimecode = timecode;
    state.epoch = Math.max(state.epoch, frame.epoch);
    this.#state = state;
    this.#open = { startNs: ptsNs, timecode, epoch: frame.epoch };
    this.#used.clear();
    for (const member of state.members) {
      member.frames = 0;
      member.track.isParked = false;
    }
    view.begin({ format: state.format, timecode, startNs: ptsNs, arrivedMs: frame.arrivedMs });
    this.#writeTags(batch);
    this.#blocks.writeClusterHeader(view, timecode);
    events.began(old === undefined ? undefined : reason, state !== old);
    const member = this.#memberOf(frame.track) as Member;
    this.#store(frame, plan, isKeyFrame, member, ptsNs);
    return 'stored';
  }

  #append(
    frame: PendingFrame,
    plan: AccessUnitPlan,
    isKeyFrame: boolean,
    member: Member,
    ptsNs: bigint,
  ): PackResult {
    const room = this.#makeRoom(frame, SIMPLE_BLOCK_HEADER_BYTES + plan.byteLength);
    if (room !== undefined) return room;
    if (this.#options.view.open === undefined) {
      // Making room took the very fragment that the frame belongs to.
      this.#noticeDrop();
      return this.package(frame);
    }
    this.#store(frame, plan, isKeyFrame, member, ptsNs);
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
  }

  #store(
    frame: PendingFrame,
    plan: AccessUnitPlan,
    isKeyFrame: boolean,
    member: Member,
    ptsNs: bigint,
  ): void {
    const { view } = this.#options;
    const open = this.#open as OpenFragment;
    const wanted = Number(this.#units(ptsNs) - open.timecode);
    const relative = this.#used.place(member.number, wanted);
    this.#blocks.writeSimpleBlockHeader(
      view,
      member.number,
      relative,
      {
        isKeyFrame,
        isInvisible: frame.isInvisible,
        isDiscardable: frame.isDiscardable,
      },
      plan.byteLength,
    );
    plan.writeTo(view, frame.data);
    member.frames += 1;
    frame.track.lastPackagedNs = ptsNs;
    if (member === this.#state?.lead) this.#leadNs = ptsNs;
    view.commit({ endNs: ptsNs + frame.durationNs, ptsNs, dtsNs: frame.dtsNs, isKeyFrame });
  }

  #writeTags(batch: MetadataBatch): void {
    const { view, metadata } = this.#options;
    for (const { bytes } of batch.items) view.write(bytes, 0, bytes.length);
    metadata.applied(batch);
  }

  /** The session format for a fragment that begins with `frame`: the present one if it fits. */
  #prepareState(frame: PendingFrame): FormatState {
    const state = this.#state;
    const candidates = this.#candidates(frame);
    const isNewTimeline = state !== undefined && frame.epoch > state.epoch && this.#mayLead(frame);
    if (isNewTimeline) for (const track of this.#options.tracks) track.rebaseNs = 0n;
    const ptsNs = frame.ptsNs + frame.track.rebaseNs;
    const goesBack = isNewTimeline && this.#units(ptsNs) <= (state?.lastTimecode ?? -1n);
    if (this.#baseNs === undefined || (goesBack && !this.#options.absoluteFragmentTimes)) {
      this.#startTimes(ptsNs);
    }
    if (state !== undefined && !goesBack && matches(state, candidates)) return state;
    const { header, absoluteFragmentTimes } = this.#options;
    return makeFormat(
      candidates,
      header,
      frame.epoch,
      absoluteFragmentTimes ? undefined : this.#producerStartMs,
    );
  }

  #mayLead(frame: PendingFrame): boolean {
    return this.#state?.lead.track === frame.track || frame.track.kind === 'video';
  }

  #startTimes(ptsNs: bigint): void {
    this.#baseNs = this.#options.absoluteFragmentTimes ? 0n : ptsNs;
    this.#producerStartMs =
      ptsNs >= EPOCH_TIMES_FROM_NS ? Number(ptsNs / 1_000_000n) : this.#options.nowMs();
  }

  /** The tracks that the next fragment will have frames of, as far as can be known. */
  #candidates(frame: PendingFrame): Candidate[] {
    const candidates: Candidate[] = [];
    for (const track of this.#options.tracks) {
      if (track !== frame.track && !this.#willHaveFrames(track, frame)) continue;
      const adapter = this.#adapterOf(track, frame);
      const head = track.queue[0];
      if (adapter.format === undefined && head !== undefined && track !== frame.track) {
        this.#plan(head);
      }
      if (adapter.format !== undefined) candidates.push({ track, adapter });
    }
    return candidates;
  }

  #willHaveFrames(track: Track, frame: PendingFrame): boolean {
    if (track.adapter === undefined) return false;
    if (track.queue.length > 0) return true;
    if (track.flow !== 'flowing' || this.#memberOf(track) === undefined) return false;
    const { progressNs } = track;
    return progressNs === undefined || progressNs - frame.dtsNs < GAP_LEAVES_OUT_NS;
  }

  /** Timecodes of a session's clusters only go up, also where rounding makes two the same. */
  #clusterTimecode(state: FormatState, ptsNs: bigint): bigint {
    const timecode = this.#units(ptsNs);
    const lowest = state.lastTimecode + 1n;
    return timecode < lowest ? lowest : timecode;
  }

  #units(ptsNs: bigint): bigint {
    const sinceNs = ptsNs - (this.#baseNs ?? 0n);
    return this.#scale.toUnits(sinceNs);
  }
}

function isFar(ns: bigint, limitNs: bigint): boolean {
  return ns > limitNs || ns < -limitNs;
}
