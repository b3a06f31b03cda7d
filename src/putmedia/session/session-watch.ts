import type { Clock, Timer } from '../../runtime/clock.ts';
import { LOOK_AGAIN_MS } from '../../runtime/look-again.ts';
import type { FragmentAck } from '../uploader-api.ts';
import { reaches } from './ack-level.ts';
import type { BodyWriter } from './body-writer.ts';
import type { SentFragments } from './sent-fragments.ts';
import { overdue, type SessionLimits, type SessionVerdict } from './session-limits.ts';
import type { SessionPhase } from './session-phase.ts';
import { unpersistedIn } from './unpersisted.ts';

/** How often the limits are looked at. */
const WATCH_MS = 1000;

export type SessionWatchOptions = {
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly sent: SentFragments;
  readonly writer: BodyWriter;
  /** Undefined once the session is closed. */
  readonly phase: () => SessionPhase | undefined;
  /** Called at most once a second, until the watch is stopped. */
  readonly overdue: (verdict: SessionVerdict) => void;
};

type State =
  /** The limits are looked at again when the timer is over. */
  | { readonly kind: 'watching'; readonly timer: Timer }
  /** Something seems to be over time; it is if it still is then. */
  | { readonly kind: 'doubting'; readonly timer: Timer }
  | { readonly kind: 'stopped' };

/** When the service was last heard; monotonic ms. */
type Heard = {
  readonly ackMs: number;
  /** The same without those that only keep the connection alive. */
  readonly fragmentAckMs: number;
};

/** What was reported of what goes on for long. */
type Reported = { readonly staleMs: number; readonly hasUnpersisted: boolean };

/** Watches a session's limits, and tells when something takes too long. */
export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #openedMs: number;
  #state: State;
  #heard: Heard;
  #reported: Reported = { staleMs: Number.NEGATIVE_INFINITY, hasUnpersisted: false };

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    this.#openedMs = options.clock.monotonicMs();
    this.#heard = { ackMs: this.#openedMs, fragmentAckMs: this.#openedMs };
    this.#state = this.#watching();
  }

  get ageMs(): number {
    return this.#nowMs - this.#openedMs;
  }

  acknowledged(ack: FragmentAck): void {
    const ackMs = this.#nowMs;
    this.#heard = ack.type === 'IDLE' ? { ...this.#heard, ackMs } : { ackMs, fragmentAckMs: ackMs };
  }

  /** The session is closed. */
  stop(): void {
    this.#to({ kind: 'stopped' });
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #to(state: State): void {
    if (this.#state.kind !== 'stopped') this.#state.timer.cancel();
    this.#state = state;
  }

  #watching(): State {
    return {
      kind: 'watching',
      timer: this.#options.clock.after(WATCH_MS, () => this.#look()),
    };
  }

  #look(): void {
    const verdict = this.#verdict();
    if (this.#state.kind === 'stopped') return;
    if (verdict === undefined) {
      this.#to(this.#watching());
    } else {
      const timer = this.#options.clock.after(LOOK_AGAIN_MS, () => this.#judge());
      this.#to({ kind: 'doubting', timer });
    }
  }

  #judge(): void {
    const verdict = this.#verdict();
    if (verdict !== undefined && !this.#wasReported(verdict)) this.#options.overdue(verdict);
    // What was done about it may have closed the session.
    if (this.#state.kind !== 'stopped') this.#to(this.#watching());
  }

  /** What is over time now, if anything. */
  #verdict(): SessionVerdict | undefined {
    const { limits, sent, writer, phase: phaseOf } = this.#options;
    const phase = phaseOf();
    if (phase === undefined) return undefined;
    const nowMs = this.#nowMs;
    if (phase.kind === 'connected' && nowMs - phase.sinceMs >= WATCH_MS) {
      // A service that answers only to data is not starved, as with curl's wait for a 100.
      writer.accept();
    }
    return overdue(limits, {
      nowMs,
      phase: phase.kind,
      openedMs: this.#openedMs,
      firstSentMs: sent.oldestUnsettled()?.begunMs,
      unheardSinceMs: this.#unheardSinceMs(),
      unsettledSinceMs: sent.unsettledSinceMs(),
      lastProgressMs: writer.lastProgressMs,
      lastWriteMs: writer.lastWriteMs,
      queuedBytes: writer.queuedBytes,
      endedMs: writer.endedMs,
      unpersisted: unpersistedIn(sent),
      isAllReceived: this.#isAllReceived(),
      lastAckMs: this.#heard.ackMs,
      isAtBoundary: writer.isAtBoundary,
    });
  }

  /** A stale connection that nobody resets is reported now and then, not each second. */
  #wasReported(verdict: SessionVerdict): boolean {
    const before = this.#reported;
    const nowMs = this.#nowMs;
    switch (verdict.kind) {
      case 'unpersisted':
        this.#reported = { ...before, hasUnpersisted: true };
        return before.hasUnpersisted;
      case 'stale':
        if (nowMs - before.staleMs < this.#options.limits.staleQuietMs) return true;
        this.#reported = { ...before, staleMs: nowMs };
        return false;
      default:
        return false;
    }
  }

  /** Since when a fragment has been on its way without any acknowledgement of it. */
  #unheardSinceMs(): number | undefined {
    const { sent } = this.#options;
    if (sent.oldestUnsettled() === undefined) return undefined;
    for (const one of sent.values()) {
      if (!one.isSettled && one.level === 'none') {
        return Math.max(one.begunMs, this.#heard.fragmentAckMs);
      }
    }
    return undefined;
  }

  /** The service has all of every fragment, and only has to say that it keeps them. */
  #isAllReceived(): boolean {
    for (const one of this.#options.sent.values()) {
      if (!one.isSettled && !reaches(one.level, 'received')) return false;
    }
    return true;
  }
}
