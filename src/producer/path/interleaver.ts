import type { PendingFrame, Track } from '../tracks/track.ts';

/** How long frames wait for each other. */
export type InterleaverOptions = {
  /** How long a frame waits for another track's, in the time of the clock. */
  readonly maxWaitMs: number;
  /** How much media of one track waits for another track's. */
  readonly maxMediaNs: bigint;
  /** How long the stream's first frame waits until every track has shown itself. */
  readonly startWaitMs: number;
  /** How long it waits for tracks that may still be added; 0: all are known. */
  readonly moreTracksWaitMs: number;
};

/** Bytes of one track that wait for another track's frames at most. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * Puts the frames of up to three tracks in order (PendingFrame.orderNs). A frame goes when
 * every other track has shown that it has nothing earlier: by a later frame, by a gap, by having
 * ended, or by having been silent for too long, in the time of the clock or in media. So no track
 * ever stalls another. With one track nothing ever waits, once it is known to be the only one.
 */
export class Interleaver {
  readonly #tracks: readonly Track[];
  readonly #options: InterleaverOptions;
  /** Monotonic ms when the stream's first frame came. */
  #startedMs: number | undefined;
  #hasStarted = false;
  /** 0 once no track is waited for that is not there yet. */
  #moreTracksWaitMs: number;
  /** Waiting counts from here: before, the frames that were waited for could not come in. */
  #waitingSinceMs = Number.NEGATIVE_INFINITY;

  constructor(tracks: readonly Track[], options: InterleaverOptions) {
    this.#tracks = tracks;
    this.#options = options;
    this.#moreTracksWaitMs = options.moreTracksWaitMs;
  }

  /** The first frame has gone: a track that comes now is not waited for. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Frames go within the call that put them. */
  get isDirect(): boolean {
    return this.#tracks.length === 1 && this.#moreTracksWaitMs === 0;
  }

  /** Nobody is expected any more who is not there yet. */
  noMoreTracks(): void {
    this.#moreTracksWaitMs = 0;
  }

  push(frame: PendingFrame): void {
    const { track } = frame;
    this.#startedMs ??= frame.putMs;
    track.queue.push(frame);
    track.queuedBytes += frame.data.length;
    track.lastPutMs = Math.max(track.lastPutMs, frame.putMs);
    // The order never goes back within a timeline: nothing earlier can come.
    track.progress(frame.orderNs, frame.epoch);
    track.flow = track.isRemoved ? 'ended' : 'flowing';
  }

  /** Nothing more comes of a track. What waits for a key frame of it goes without. */
  end(track: Track): void {
    track.flow = 'ended';
    if (!this.#isVideoFlowing) for (const other of this.#tracks) other.isParked = false;
  }

  /** Takes the frame that `next` gave out of its queue. */
  pop(frame: PendingFrame): void {
    const { track } = frame;
    track.queue.shift();
    track.queuedBytes -= frame.data.length;
  }

  /**
   * The frame that goes next; undefined when there is none, or when it waits for another track.
   * @param mayWait false to take what there is, in order (end of a fragment or of the stream)
   */
  next(nowMs: number, mayWait = true): PendingFrame | undefined {
    let first: PendingFrame | undefined;
    for (const track of this.#tracks) {
      const head = track.isParked ? undefined : track.queue[0];
      if (head !== undefined && (first === undefined || goesBefore(head, first))) first = head;
    }
    if (first === undefined) return undefined;
    if (!mayWait) return first;
    if (!this.#hasStarted && !this.isDirect && !this.#mayStart(first, nowMs)) return undefined;
    this.#hasStarted = true;
    if (this.#tracks.length === 1) return first;
    for (const track of this.#tracks) {
      if (track === first.track || !this.#isAwaited(track, first)) continue;
      if (!this.#isOverdue(first, nowMs)) return undefined;
      if (nowMs - track.lastPutMs >= this.#options.maxWaitMs) track.flow = 'silent';
    }
    return first;
  }

  /** The store was full and has room again: nobody could deliver, so nobody was silent. */
  resumed(nowMs: number): void {
    this.#waitingSinceMs = nowMs;
    for (const track of this.#tracks) if (track.flow === 'flowing') track.lastPutMs = nowMs;
  }

  /**
   * Frames that wait for a key frame of a video track that has stopped coming: the video is taken
   * for silent, and they go without it.
   */
  releaseParked(nowMs: number): void {
    const waited = this.#tracks.some(
      ({ isParked, queue }) =>
        isParked && queue[0] !== undefined && nowMs - queue[0].putMs >= this.#options.startWaitMs,
    );
    if (!waited) return;
    for (const track of this.#tracks) {
      const isGone =
        track.queue.length === 0 && nowMs - track.lastPutMs >= this.#options.startWaitMs;
      if (track.flow === 'flowing' && isGone) track.flow = 'silent';
    }
    if (this.#isVideoFlowing) return;
    for (const track of this.#tracks) track.isParked = false;
  }

  /** When the frame that waits longest will have waited enough; undefined when none waits. */
  deadlineMs(): number | undefined {
    let deadline: number | undefined;
    const startWaitMs = this.#hasStarted
      ? this.#options.startWaitMs
      : this.#moreTracksWaitMs || this.#options.startWaitMs;
    for (const track of this.#tracks) {
      const head = track.queue[0];
      if (head === undefined) continue;
      const at =
        this.#hasStarted && !track.isParked
          ? this.#waitsSinceMs(head) + this.#options.maxWaitMs
          : this.#waitsSinceMs(head) + startWaitMs;
      if (deadline === undefined || at < deadline) deadline = at;
    }
    return deadline;
  }

  /** Forgets what waits; what was forgotten is given back. */
  clear(): PendingFrame[] {
    const frames = this.#tracks.flatMap((track) => track.queue.splice(0));
    for (const track of this.#tracks) track.queuedBytes = 0;
    return frames;
  }

  /** Every track has frames and a known format, or it is not worth waiting for. */
  #mayStart(first: PendingFrame, nowMs: number): boolean {
    const waitedMs = nowMs - (this.#startedMs ?? nowMs);
    const isFull = this.#isFull(first.track);
    if (waitedMs < this.#moreTracksWaitMs && !isFull) return false;
    this.#moreTracksWaitMs = 0;
    const isReady = this.#tracks.every(
      (track) =>
        track.flow === 'ended' ||
        track.flow === 'silent' ||
        (track.flow === 'expected' ? track.progressNs !== undefined : hasFormat(track)),
    );
    if (isReady) return true;
    if (waitedMs < this.#options.startWaitMs && !isFull) return false;
    for (const track of this.#tracks) if (track.flow === 'expected') track.flow = 'silent';
    return true;
  }

  get #isVideoFlowing(): boolean {
    return this.#tracks.some(({ kind, flow }) => kind === 'video' && flow === 'flowing');
  }

  #isAwaited(track: Track, first: PendingFrame): boolean {
    if (track.isParked || track.queue.length > 0) return false;
    if (track.flow === 'ended' || track.flow === 'silent') return false;
    const { progressNs, progressEpoch } = track;
    if (progressNs === undefined) return true;
    return progressEpoch < first.epoch || progressNs < first.orderNs;
  }

  #isOverdue(first: PendingFrame, nowMs: number): boolean {
    return (
      nowMs - this.#waitsSinceMs(first) >= this.#options.maxWaitMs || this.#isFull(first.track)
    );
  }

  #waitsSinceMs(frame: PendingFrame): number {
    return Math.max(frame.putMs, this.#waitingSinceMs);
  }

  #isFull({ queue, queuedBytes }: Track): boolean {
    const head = queue[0];
    const last = queue.at(-1);
    if (head === undefined || last === undefined) return false;
    return (
      last.orderNs - head.orderNs >= this.#options.maxMediaNs || queuedBytes > MAX_WAITING_BYTES
    );
  }
}

function hasFormat({ adapter, queue }: Track): boolean {
  return adapter?.format !== undefined || queue.length > 0;
}

/** Earlier timelines first, then earlier places, then a video key frame before anything. */
function goesBefore(a: PendingFrame, b: PendingFrame): boolean {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch;
  if (a.orderNs !== b.orderNs) return a.orderNs < b.orderNs;
  return a.isKeyFrame && a.track.kind === 'video' && b.track.kind !== 'video';
}
