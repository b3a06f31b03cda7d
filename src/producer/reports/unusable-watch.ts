import { KvsError } from '../../errors/kvs-error.ts';
import type { LossReason } from '../packaging/packager-events.ts';
import type { PendingFrame } from '../tracks/track.ts';

/** So much of a stream, in time or in media, and not a frame of it could be used. */
const PATIENCE_MS = 1_000;
const PATIENCE_NS = 1_000_000_000n;

/** What makes a frame useless for good: waiting for a key frame does not. */
const USELESS: ReadonlySet<LossReason> = new Set<LossReason>(['invalid', 'no-format']);

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'doubtful'; readonly sinceMs: number; readonly sinceNs: bigint }
  | { readonly kind: 'usable' }
  | { readonly kind: 'failed' };

const ADVICE =
  'Check the caps and the elements before kvssink: h264parse or h265parse with config-interval=-1 makes frames that can be stored.';

/** Sees that nothing of what comes can be stored: that is an error of the pipeline, and said once. */
export class UnusableWatch {
  /** A frame was stored: nothing more need be watched. */
  isUsable = false;
  #state: State = { kind: 'new' };
  #lost = 0;
  #lastError: KvsError | undefined;

  stored(): void {
    if (this.#state.kind === 'failed') return;
    this.#state = { kind: 'usable' };
    this.isUsable = true;
  }

  /** @returns the error to end the stream with, once it is certain. */
  lost(frame: PendingFrame, reason: LossReason, error: KvsError | undefined): KvsError | undefined {
    const state = this.#state;
    if (state.kind === 'usable' || state.kind === 'failed') return undefined;
    this.#lost += 1;
    if (!USELESS.has(reason)) return undefined;
    this.#lastError = error ?? this.#lastError;
    if (state.kind === 'new') {
      this.#state = { kind: 'doubtful', sinceMs: frame.putMs, sinceNs: frame.ptsNs };
      return undefined;
    }
    const mediaNs = frame.ptsNs - state.sinceNs;
    if (frame.putMs - state.sinceMs < PATIENCE_MS && mediaNs < PATIENCE_NS) return undefined;
    return this.#fail();
  }

  /** The stream ends. @returns the error to end it with, if not a frame of it was stored. */
  end(): KvsError | undefined {
    const { kind } = this.#state;
    return kind === 'usable' || kind === 'failed' || this.#lost === 0 ? undefined : this.#fail();
  }

  #fail(): KvsError {
    this.#state = { kind: 'failed' };
    const cause = this.#lastError;
    const why =
      cause === undefined
        ? 'no key frame or no parameter sets arrived'
        : `the last one: ${cause.message}`;
    return new KvsError(
      'STATUS_MKV_INVALID_FRAME_DATA',
      `None of ${this.#lost} frames can be stored; ${why}`,
      { advice: ADVICE, cause },
    );
  }
}
