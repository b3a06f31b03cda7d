import type { AckLevel, StoredFragment } from '../../storage/stored-fragment.ts';
import type { FragmentAck } from '../uploader-api.ts';
import { higherLevel, levelOf } from './ack-level.ts';

/** A fragment that a session has begun to send, and what the service said of it in this session. */
export type SentFragment = {
  readonly fragment: StoredFragment;
  /** Monotonic ms when its first byte was handed to the socket. */
  readonly begunMs: number;
  level: AckLevel;
  /** All its bytes were handed to the kernel; monotonic ms since when. */
  isWritten: boolean;
  writtenMs: number;
  /** Nothing more is expected for it. */
  isSettled: boolean;
};

/** Settled fragments that are remembered, so that a late or repeated acknowledgement finds them. */
const REMEMBERED = 256;

/**
 * The fragments of one session, in the order they were sent, found by the exact timecode that is
 * on the wire and in the acknowledgements. One list per session: two sessions that overlap, or
 * that send the same fragment one after the other, never mix.
 */
export class SentFragments {
  readonly #byTimecode = new Map<bigint, SentFragment>();
  #last: SentFragment | undefined;
  #unsettled = 0;
  #lastSettledMs: number | undefined;

  /** The fragment that was begun last. */
  get last(): SentFragment | undefined {
    return this.#last;
  }

  /** Fragments begun and not settled. */
  get unsettledCount(): number {
    return this.#unsettled;
  }

  /** Something was settled in this session. */
  get hasSettled(): boolean {
    return this.#lastSettledMs !== undefined;
  }

  /** Remembers a fragment whose first byte is about to be sent. Its old acknowledgements are void. */
  begin(fragment: StoredFragment, begunMs: number): SentFragment {
    fragment.ack = 'none';
    fragment.isInFlight = false;
    const sent: SentFragment = {
      fragment,
      begunMs,
      level: 'none',
      isWritten: false,
      writtenMs: Number.POSITIVE_INFINITY,
      isSettled: false,
    };
    this.#byTimecode.delete(fragment.timecode);
    this.#byTimecode.set(fragment.timecode, sent);
    this.#last = sent;
    this.#unsettled += 1;
    this.#forgetSettled();
    return sent;
  }

  /** All of the fragment is with the kernel. */
  written(sent: SentFragment, nowMs: number): void {
    sent.isWritten = true;
    sent.writtenMs = nowMs;
    sent.fragment.isInFlight = true;
  }

  /** Nothing more is expected for this fragment. */
  settle(sent: SentFragment, nowMs: number): void {
    if (!sent.isSettled) {
      sent.isSettled = true;
      this.#lastSettledMs = nowMs;
      this.#unsettled -= 1;
    }
  }

  /**
   * The fragment that an acknowledgement is about: the one with its timecode; for an error without
   * a timecode, the one being sent. The level is raised, never lowered.
   */
  match(ack: FragmentAck): SentFragment | undefined {
    const sent =
      ack.timecode === undefined
        ? ack.type === 'ERROR'
          ? this.#last
          : undefined
        : this.#byTimecode.get(ack.timecode);
    if (sent !== undefined) {
      sent.level = higherLevel(sent.level, levelOf(ack.type));
      sent.fragment.ack = higherLevel(sent.fragment.ack, sent.level);
    }
    return sent;
  }

  /** All that are remembered, in the order they were sent. */
  values(): Iterable<SentFragment> {
    return this.#byTimecode.values();
  }

  /** The first one that is not settled. */
  oldestUnsettled(): SentFragment | undefined {
    if (this.#unsettled > 0) {
      for (const sent of this.#byTimecode.values()) {
        if (!sent.isSettled) return sent;
      }
    }
    return undefined;
  }

  /**
   * Since when a fragment that was sent whole has been waiting while none was settled: a service
   * that receives and never persists. Undefined while the oldest is still being sent.
   */
  unsettledSinceMs(): number | undefined {
    const oldest = this.oldestUnsettled();
    return oldest?.isWritten ? Math.max(oldest.writtenMs, this.#lastSettledMs ?? 0) : undefined;
  }

  #forgetSettled(): void {
    for (const [timecode, sent] of this.#byTimecode) {
      if (this.#byTimecode.size <= REMEMBERED || !sent.isSettled) return;
      this.#byTimecode.delete(timecode);
    }
  }
}
