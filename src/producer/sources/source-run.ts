import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import type { AbortSignalLike } from '../../runtime/abort-signal-like.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Emitter } from '../events/emitter.ts';
import type { StreamEvents } from '../events/events.ts';
import type { Frame } from '../info/frame.ts';
import type { MediaSink, MediaSource, SourceFrame } from '../info/media-source.ts';
import type { ResolvedStreamInfo } from '../info/stream-info.ts';

const NS_PER_MS = 1_000_000n;

/** What a source's media goes into: a stream, as far as a source needs one. */
export type SourceTarget = Emitter<StreamEvents> & {
  readonly info: Pick<ResolvedStreamInfo, 'streamingType'>;
  readonly state: 'new' | 'ready' | 'stopping' | 'stopped';
  setTrackFormat(trackId: number, description: TrackDescription): void;
  putFrame(frame: Frame): Promise<void> | undefined;
};

/** One run of a source into a stream. It ends once; what the source still puts is ignored. */
export class SourceRun implements MediaSink {
  readonly #target: SourceTarget;
  readonly #clock: Clock;
  readonly #over: Promise<void>;
  #settle: (error: unknown) => void = () => {};
  #isOver = false;

  constructor(target: SourceTarget, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
    this.#over = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  /** Resolves when the source has no more or the run was ended; rejects with what went wrong. */
  async run(source: MediaSource, signal: AbortSignalLike | undefined): Promise<void> {
    if (signal?.aborted) return;
    const aborted = (): void => this.#end(undefined);
    const closed = ({ error }: StreamEvents['streamClosed']): void => this.#end(error);
    signal?.addEventListener('abort', aborted);
    this.#target.on('streamClosed', closed);
    try {
      source.start(this).then(aborted, (error: unknown) => this.#end(error));
      await this.#over;
    } finally {
      this.#isOver = true;
      signal?.removeEventListener('abort', aborted);
      this.#target.off('streamClosed', closed);
      await source.stop();
    }
  }

  format(description: TrackDescription, trackId = 1): void {
    if (this.#isOver) return;
    try {
      this.#target.setTrackFormat(trackId, description);
    } catch (error) {
      this.#refused(error);
    }
  }

  frame(frame: SourceFrame): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    try {
      const { ptsNs = this.#arrivalNs(), dtsNs, durationNs = 0n } = frame;
      const { trackId = 1, isKeyFrame = false } = frame;
      const times = { ptsNs, dtsNs, durationNs };
      const taken = this.#target.putFrame({ ...frame, trackId, isKeyFrame, ...times });
      return taken?.catch((error: unknown) => this.#refused(error));
    } catch (error) {
      this.#refused(error);
      return undefined;
    }
  }

  /** The time of a frame that comes without one; undefined: it follows the one before. */
  #arrivalNs(): bigint | undefined {
    if (this.#target.info.streamingType === 'offline') return undefined;
    return BigInt(this.#clock.nowMs()) * NS_PER_MS;
  }

  /** A stream that is being stopped takes no more, which is no error of the source. */
  #refused(error: unknown): void {
    const { state } = this.#target;
    this.#end(state === 'new' || state === 'ready' ? error : undefined);
  }

  /** @param error that the run rejects with; undefined for a good end. The first call counts. */
  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle(error);
  }
}
