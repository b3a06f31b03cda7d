import { KvsError } from '../../errors/kvs-error.ts';
import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import { Alarm } from '../../runtime/alarm.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Frame } from '../info/frame.ts';
import type { TrackInfo } from '../info/track-info.ts';
import type { Packager } from '../packaging/packager.ts';
import type { PendingFrame, Track } from '../tracks/track.ts';
import type { TrackList } from '../tracks/track-list.ts';
import { arrive } from './arriving-frame.ts';
import { BytePool } from './byte-pool.ts';
import { Interleaver, type InterleaverOptions } from './interleaver.ts';
import { type Cut, PendingCuts } from './pending-cuts.ts';

/** Frames of one track that a caller may put without waiting for the promises it was given. */
const MAX_UNAWAITED_FRAMES = 1024;
/** Each round ends with a fragment for tracks that no fragment had: three tracks, and one to spare. */
const MAX_FINISH_ROUNDS = 4;

/** What a frame path has from its stream. */
export type FramePathOptions = {
  readonly tracks: TrackList;
  readonly packager: Packager;
  readonly whenRoom: () => Promise<void>;
  readonly interleaver: InterleaverOptions;
  readonly clock: Clock;
  readonly log: Logger;
  /** Hears of each frame that is in the store. */
  readonly reports: { stored(frame: PendingFrame): void };
};

type State =
  | { readonly kind: 'flowing' }
  /** The store is full and nothing may be dropped. */
  | { readonly kind: 'blocked' }
  /** No frame comes any more, and none waits for another. */
  | { readonly kind: 'finishing' }
  | { readonly kind: 'finishing-blocked' }
  | { readonly kind: 'closed' };

/** With room in the store, and without. */
const BLOCKED = { flowing: 'blocked', finishing: 'finishing-blocked' } as const;
const RESUMED = { blocked: 'flowing', 'finishing-blocked': 'finishing' } as const;

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
  /** Frames are being packaged further down the stack. */
  #isPumping = false;
  readonly #overdue: Alarm;
  /** Waiters for the moment when everything that was put is in the store. */
  #emptied: (() => void)[] = [];
  readonly #cuts = new PendingCuts();
  /** Resolves when no track is expected that is not there yet. */
  readonly tracksKnown: Promise<void>;
  #onTracksKnown: () => void = () => {};

  constructor(options: FramePathOptions) {
    this.#options = options;
    this.#tracks = options.tracks.row;
    this.#interleaver = new Interleaver(this.#tracks, options.interleaver);
    this.#overdue = new Alarm(options.clock, () => {
      this.#interleaver.releaseParked(options.clock.monotonicMs());
      this.pump();
    });
    this.tracksKnown = new Promise((resolve) => {
      this.#onTracksKnown = resolve;
    });
    if (options.interleaver.moreTracksWaitMs === 0) this.#onTracksKnown();
  }

  get isBlocked(): boolean {
    return this.#state.kind === 'blocked' || this.#state.kind === 'finishing-blocked';
  }

  get isEmpty(): boolean {
    return this.#cuts.length === 0 && this.#tracks.every(({ queue }) => queue.length === 0);
  }

  /** From where the caller has what waits here; Infinity when nothing does. */
  get neededFrom(): number {
    let from = this.#cuts.neededFrom;
    for (const track of this.#tracks) {
      const head = track.queue[0];
      if (head !== undefined) from = Math.min(from, track.neededFor(head, head.isKeyFrame));
    }
    return from;
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
    const track = this.#options.tracks.get(frame.trackId);
    if (this.#state.kind !== 'flowing') this.#limitUnawaited(track);
    const pending = arrive(frame, track, this.#tracks, this.#options.clock.monotonicMs());
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

  /** @throws KvsError when more wait than a caller who waits for his promises can have put */
  #limitUnawaited(track: Track): void {
    const waiting = track.queue.length + this.#cuts.length;
    if (!this.isBlocked || waiting < MAX_UNAWAITED_FRAMES) return;
    throw new KvsError(
      'STATUS_STORE_OUT_OF_MEMORY',
      `${waiting} frames of track ${track.id} wait for room in the content store`,
      { advice: 'Wait for the promise of each frame before the next one is put.' },
    );
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
    this.#finish();
    this.noMoreTracks();
    for (let rounds = 0; !this.#isClosed && !this.isEmpty; ) {
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
    if (!this.#isClosed) await this.cut('end');
  }

  /** Forgets what waits; putFrame's promises are rejected with `error`. */
  close(error: KvsError): void {
    if (this.#isClosed) return;
    this.#to({ kind: 'closed' });
    this.#overdue.cancel();
    for (const waiting of [...this.#interleaver.clear(), ...this.#cuts.clear()]) {
      waiting.settle?.(error);
    }
    this.#wakeEmptied();
  }

  /** Packages what can go. */
  pump(): void {
    // A listener may put a frame while one is being packaged: that one goes when its turn comes.
    const { kind } = this.#state;
    if (this.#isPumping || (kind !== 'flowing' && kind !== 'finishing')) return;
    this.#isPumping = true;
    try {
      this.#packageAll();
    } finally {
      this.#isPumping = false;
    }
    if (!this.#interleaver.isDirect || this.#tracks[0]?.isParked === true) this.#arm();
    const { tracks } = this.#options;
    // Frames behind a cut are still to come into their track's queue.
    if (tracks.isAnyLeaving && this.#cuts.first === undefined) tracks.settle();
    if (this.#emptied.length > 0 && this.isEmpty) this.#wakeEmptied();
  }

  #packageAll(): void {
    const { clock, packager, reports } = this.#options;
    const isDirect = this.#interleaver.isDirect;
    for (;;) {
      const nowMs = isDirect ? 0 : clock.monotonicMs();
      const mayWait = this.#cuts.first === undefined && this.#state.kind !== 'finishing';
      const frame = this.#interleaver.next(nowMs, mayWait);
      if (frame === undefined) {
        if (this.#cuts.first === undefined || !this.#makeCut(this.#cuts.first)) return;
        continue;
      }
      const result = packager.package(frame);
      if (result === 'blocked') {
        this.#block();
        return;
      }
      if (result === 'parked') continue;
      this.#interleaver.pop(frame);
      if (result === 'stored') reports.stored(frame);
      frame.isDone = true;
      frame.settle?.();
      if (frame.copy !== undefined) this.#pool.release(frame.copy);
    }
  }

  /** All frames before the cut are packaged. False when there is no room for it. */
  #makeCut(cut: Cut): boolean {
    const { packager } = this.#options;
    if (cut.kind === 'break') {
      packager.interrupt();
    } else if (packager.endFragment(this.#state.kind === 'finishing') === 'blocked') {
      this.#block();
      return false;
    }
    cut.isMade = true;
    cut.settle?.();
    for (const frame of this.#cuts.pass()) this.#interleaver.push(frame);
    return true;
  }

  #block(): void {
    const { kind } = this.#state;
    if (kind !== 'flowing' && kind !== 'finishing') return;
    this.#to({ kind: BLOCKED[kind] });
    void this.#options.whenRoom().then(() => this.#resume());
  }

  #resume(): void {
    const { kind } = this.#state;
    if (kind !== 'blocked' && kind !== 'finishing-blocked') return;
    this.#to({ kind: RESUMED[kind] });
    this.#interleaver.resumed(this.#options.clock.monotonicMs());
    this.pump();
    if (this.#isOpen) this.#keepAll();
    this.#wakeEmptied();
  }

  #finish(): void {
    if (this.#state.kind === 'flowing') this.#to({ kind: 'finishing' });
    else if (this.#state.kind === 'blocked') this.#to({ kind: 'finishing-blocked' });
  }

  /** There is room, as far as is known. */
  get #isOpen(): boolean {
    return this.#state.kind === 'flowing' || this.#state.kind === 'finishing';
  }

  get #isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  #to(state: State): void {
    // An upload that is slower than its source blocks at each frame: that is no news.
    if (state.kind === 'finishing' || state.kind === 'closed') {
      this.#options.log.debug(`frames: ${this.#state.kind} -> ${state.kind}`);
    }
    this.#state = state;
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
    this.#overdue.set(this.#isOpen ? this.#interleaver.deadlineMs() : undefined);
  }

  #wakeEmptied(): void {
    const waiters = this.#emptied;
    this.#emptied = [];
    for (const wake of waiters) wake();
  }
}
