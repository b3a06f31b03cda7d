import { KvsError } from '../../errors/kvs-error.ts';
import type { CodecAdapter, TrackDescription } from '../../media/codec/types.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Frame, TrackInfo } from '../info/types.ts';
import type { Packager } from '../packaging/packager.ts';
import type { PendingFrame, Track } from '../tracks/track.ts';
import type { TrackList } from '../tracks/track-list.ts';
import { BytePool } from './byte-pool.ts';
import { type Cut, CutLine } from './cut-line.ts';
import { Interleaver, type InterleaverOptions } from './interleaver.ts';

/** Frames of one track that a caller may put without waiting for the promises it was given. */
const MAX_UNAWAITED_FRAMES = 1024;
/** Each round ends with a fragment for tracks that no fragment had: three tracks, and one to spare. */
const MAX_FINISH_ROUNDS = 4;
/** When a frame is overdue and still cannot go, it is looked at again after this. */
const OVERDUE_CHECK_MS = 20;

/** What a frame path has from its stream. */
export type FramePathOptions = {
  readonly tracks: TrackList;
  readonly packager: Packager;
  readonly whenRoom: () => Promise<void>;
  readonly interleaver: InterleaverOptions;
  readonly clock: Clock;
  /** A frame is in the store. */
  readonly stored: (frame: PendingFrame) => void;
};

type State =
  | { readonly kind: 'flowing' }
  /** The store is full and nothing may be dropped. */
  | { readonly kind: 'blocked' }
  | { readonly kind: 'closed' };

/**
 * The way of a frame from putFrame into the store: its times are repaired, it waits for the frames
 * of other tracks that go before it, and is packaged. With one track, and room, all of that
 * happens within the call, without a copy.
 */
export class FramePath {
  readonly #options: FramePathOptions;
  /** The stream's; their number may change. */
  readonly #tracks: readonly Track[];
  readonly #interleaver: Interleaver;
  readonly #pool = new BytePool();
  #state: State = { kind: 'flowing' };
  #isPumping = false;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** Waiters for the moment when everything that was put is in the store. */
  #emptied: (() => void)[] = [];
  readonly #cuts = new CutLine();
  /** No frame comes any more: none waits for another. */
  #isFinishing = false;
  /** Resolves when no track is expected that is not there yet. */
  readonly tracksKnown: Promise<void>;
  #onTracksKnown: () => void = () => {};

  constructor(options: FramePathOptions) {
    this.#options = options;
    this.#tracks = options.tracks.row;
    this.#interleaver = new Interleaver(this.#tracks, options.interleaver);
    this.tracksKnown = new Promise((resolve) => {
      this.#onTracksKnown = resolve;
    });
    if (options.interleaver.moreTracksWaitMs === 0) this.#onTracksKnown();
  }

  get isBlocked(): boolean {
    return this.#state.kind === 'blocked';
  }

  get isEmpty(): boolean {
    return this.#cuts.length === 0 && this.#tracks.every(({ queue }) => queue.length === 0);
  }

  /** A cut waits that ends the fragment of the frame that was put last. */
  get endsWithEnd(): boolean {
    return this.#cuts.endsWithEnd;
  }

  /**
   * @returns a promise when the store is full (offline): it resolves when the frame was taken
   * @throws KvsError for a frame that can never be used
   */
  put(frame: Frame): Promise<void> | undefined {
    const track = this.track(frame.trackId);
    const adapter = checkFrame(frame, track);
    const tracks = this.#tracks;
    const { clock } = this.#options;
    const waiting = track.queue.length + this.#cuts.length;
    if (this.isBlocked && waiting >= MAX_UNAWAITED_FRAMES) {
      throw new KvsError(
        'STATUS_STORE_OUT_OF_MEMORY',
        `${waiting} frames of track ${track.id} wait for room in the content store`,
        { advice: 'Wait for the promise that putFrame returns before putting the next frame.' },
      );
    }
    const others = tracks.length > 1 ? latestOf(tracks, track) : undefined;
    const isKeyFrame = isKeyFrameOf(frame, track, adapter);
    const times = track.timeline.repair(timed(frame, track), isKeyFrame, others);
    if (isKeyFrame) track.reorderNs = times.ptsNs - times.dtsNs;
    const nowMs = clock.monotonicMs();
    const pending: PendingFrame = {
      track,
      adapter,
      ptsNs: times.ptsNs,
      dtsNs: times.dtsNs,
      durationNs: times.durationNs,
      orderNs: times.dtsNs + track.reorderNs,
      epoch: times.epoch,
      isKeyFrame: frame.isKeyFrame,
      isDiscontinuity: frame.isDiscontinuity === true,
      isDiscardable: frame.isDiscardable === true,
      isInvisible: frame.isInvisible === true,
      isCorrupted: frame.isCorrupted === true,
      isAfterLoss: frame.isAfterLoss === true,
      arrivedMs: frame.arrivedMs ?? nowMs,
      putMs: nowMs,
      data: frame.data,
      copy: undefined,
      verdict: undefined,
      isDone: false,
      settle: undefined,
    };
    if (this.#cuts.first === undefined) this.#interleaver.push(pending);
    else this.#cuts.hold(pending);
    this.pump();
    if (pending.isDone) return undefined;
    if (!this.isBlocked) {
      this.#keep(pending);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      pending.settle = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  /** @throws KvsError STATUS_MKV_TRACK_INFO_NOT_FOUND */
  track(trackId: number): Track {
    return this.#options.tracks.get(trackId);
  }

  /** @throws KvsError as TrackList.add */
  addTrack(info: TrackInfo): void {
    const track = this.#options.tracks.add(info);
    // What is under way waits for nobody who has not been heard yet.
    track.flow = this.#interleaver.hasStarted ? 'silent' : 'expected';
  }

  /** @throws KvsError STATUS_MKV_TRACK_INFO_NOT_FOUND */
  removeTrack(trackId: number): void {
    this.#interleaver.end(this.#options.tracks.remove(trackId));
    this.pump();
  }

  /** Nothing waits any more for a track that is not there yet. */
  noMoreTracks(): void {
    this.#interleaver.noMoreTracks();
    this.#onTracksKnown();
    this.pump();
  }

  describe(trackId: number, description: TrackDescription): void {
    this.track(trackId).describe(description);
  }

  gap(trackId: number, untilNs: bigint): void {
    const track = this.track(trackId);
    track.progress(untilNs, track.timeline.epoch);
    this.pump();
  }

  endTrack(trackId: number): void {
    this.#interleaver.end(this.track(trackId));
    this.pump();
  }

  /** What comes from now on does not continue what came before. */
  restartTimelines(): void {
    for (const { timeline } of this.#tracks) timeline.restart();
  }

  /**
   * Packages what was put so far, without waiting for other tracks, and cuts the row of frames.
   * @returns a promise when the store is full (offline): it resolves when the cut was made, or the
   * stream has ended
   */
  cut(kind: Cut['kind']): Promise<void> | undefined {
    const cut: Cut = { kind, isMade: false, settle: undefined };
    this.#cuts.add(cut);
    this.pump();
    if (cut.isMade) return undefined;
    return new Promise((resolve) => {
      cut.settle = resolve;
    });
  }

  /**
   * Packages everything and ends the fragment; no frame comes after it. Resolves when all is in
   * the store.
   */
  async finish(): Promise<void> {
    const tracks = this.#tracks;
    const { packager } = this.#options;
    this.#isFinishing = true;
    this.noMoreTracks();
    for (let rounds = 0; this.#state.kind !== 'closed' && !this.isEmpty; ) {
      for (const track of tracks) track.flow = 'ended';
      this.pump();
      if (this.isBlocked) {
        await new Promise<void>((resolve) => this.#emptied.push(resolve));
        continue;
      }
      if (this.isEmpty || rounds > MAX_FINISH_ROUNDS) break;
      // What is left waits for a fragment whose session has its track: none will come by itself.
      if (rounds > 0) packager.interrupt();
      rounds += 1;
      for (const track of tracks) track.isParked = false;
    }
    if (this.#state.kind !== 'closed') await this.cut('end');
  }

  /** Forgets what waits; putFrame's promises are rejected with `error`. */
  close(error: KvsError): void {
    if (this.#state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    this.#timer?.cancel();
    for (const waiting of [...this.#interleaver.clear(), ...this.#cuts.clear()]) {
      waiting.settle?.(error);
    }
    this.#wakeEmptied();
  }

  /** Packages what can go. */
  pump(): void {
    // A listener may put a frame while one is being packaged: that one goes when its turn comes.
    if (this.#isPumping || this.#state.kind !== 'flowing') return;
    this.#isPumping = true;
    try {
      this.#packageAll();
    } finally {
      this.#isPumping = false;
    }
    if (!this.#interleaver.isDirect || this.#tracks[0]?.isParked === true) this.#arm();
    // Frames behind a cut are still to come into their track's queue.
    if (this.#cuts.first === undefined) this.#options.tracks.settle();
    if (this.isEmpty) this.#wakeEmptied();
  }

  #packageAll(): void {
    const { clock, packager } = this.#options;
    const isDirect = this.#interleaver.isDirect;
    for (;;) {
      const nowMs = isDirect ? 0 : clock.monotonicMs();
      const mayWait = this.#cuts.first === undefined && !this.#isFinishing;
      const frame = this.#interleaver.next(nowMs, mayWait);
      if (frame === undefined) {
        if (this.#makeCut()) continue;
        return;
      }
      const result = packager.package(frame);
      if (result === 'blocked') {
        this.#block();
        return;
      }
      if (result === 'parked') continue;
      this.#interleaver.pop(frame);
      if (result === 'stored') this.#options.stored(frame);
      this.#finishFrame(frame);
    }
  }

  /** All frames before the cut are packaged. False when there is none, or no room for it. */
  #makeCut(): boolean {
    const { packager } = this.#options;
    const cut = this.#cuts.first;
    if (cut === undefined) return false;
    if (cut.kind === 'break') {
      packager.interrupt();
    } else if (packager.endFragment(this.#isFinishing) === 'blocked') {
      this.#block();
      return false;
    }
    cut.isMade = true;
    cut.settle?.();
    for (const frame of this.#cuts.pass()) this.#interleaver.push(frame);
    return true;
  }

  #finishFrame(frame: PendingFrame): void {
    frame.isDone = true;
    frame.settle?.();
    if (frame.copy !== undefined) this.#pool.release(frame.copy);
  }

  #block(): void {
    this.#state = { kind: 'blocked' };
    void this.#options.whenRoom().then(() => {
      if (this.#state.kind !== 'blocked') return;
      this.#state = { kind: 'flowing' };
      this.#interleaver.resumed(this.#options.clock.monotonicMs());
      this.pump();
      if (this.#state.kind === 'flowing') this.#keepAll();
      this.#wakeEmptied();
    });
  }

  /** The caller's bytes are only ours until putFrame is done: keep a copy. */
  #keep(frame: PendingFrame): void {
    frame.copy = this.#pool.copy(frame.data);
    frame.data = frame.copy;
  }

  #keepAll(): void {
    for (const { queue } of this.#tracks) {
      for (const frame of queue) {
        if (frame.copy === undefined) this.#keep(frame);
        frame.settle?.();
        frame.settle = undefined;
      }
    }
  }

  #arm(): void {
    const atMs = this.#state.kind === 'flowing' ? this.#interleaver.deadlineMs() : undefined;
    if (atMs === this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = atMs ?? Number.POSITIVE_INFINITY;
    if (atMs === undefined) return;
    const { clock } = this.#options;
    const inMs = atMs - clock.monotonicMs();
    this.#timer = clock.after(inMs > 0 ? inMs : OVERDUE_CHECK_MS, () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#interleaver.releaseParked(clock.monotonicMs());
      this.pump();
    });
  }

  #wakeEmptied(): void {
    const waiters = this.#emptied;
    this.#emptied = [];
    for (const wake of waiters) wake();
  }
}

function checkFrame(frame: Frame, track: Track): CodecAdapter {
  if (frame.data.length === 0) {
    throw new KvsError(
      'STATUS_MKV_INVALID_FRAME_DATA',
      `A frame of track ${track.id} has no bytes`,
    );
  }
  const { adapter } = track;
  if (adapter === undefined) {
    throw new KvsError(
      'STATUS_TRACK_INFO_MISSING',
      `Nothing is known of the format of track ${track.id}`,
      { advice: 'Call setTrackFormat, or start with codec private data, before the first frame.' },
    );
  }
  return adapter;
}

/** The frame with its presentation time, where that follows from its pictures. */
function timed(frame: Frame, track: Track): Frame {
  const ptsNs = track.presentationNs(frame);
  return ptsNs === frame.ptsNs ? frame : { ...frame, ptsNs };
}

/** The bytes decide, as far as they were looked at; Decodability has the last word when it is its turn. */
function isKeyFrameOf(frame: Frame, track: Track, adapter: CodecAdapter): boolean {
  const starts = adapter.startsDecoding?.(frame.data);
  if (starts === undefined) return frame.isKeyFrame;
  return starts || (frame.isKeyFrame && track.decodability.trustsFlags);
}

/** Where the other tracks are. */
function latestOf(tracks: readonly Track[], except: Track): bigint | undefined {
  let latest: bigint | undefined;
  for (const track of tracks) {
    const { lastDtsNs } = track.timeline;
    if (track === except || lastDtsNs === undefined) continue;
    if (latest === undefined || lastDtsNs > latest) latest = lastDtsNs;
  }
  return latest;
}
