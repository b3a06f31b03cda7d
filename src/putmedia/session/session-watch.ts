import type { Clock, Timer } from '../../runtime/clock.ts';
import { LOOK_AGAIN_MS } from '../../runtime/look-again.ts';
import type { FragmentAck } from '../uploader-api.ts';
import { reaches } from './ack-level.ts';
import type { BodyWriter } from './body-writer.ts';
import type { SentFragments } from './sent-fragments.ts';
import { overdue, type SessionLimits, type SessionVerdict } from './session-limits.ts';
import { unpersistedIn } from './unpersisted.ts';

/** How often the limits are looked at. */
const WATCH_MS = 1000;

/** How far a session is, as its limits see it. */
export type SessionPhase = 'opening' | 'connected' | 'streaming' | 'refused';

export type SessionWatchOptions = {
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly sent: SentFragments;
  readonly writer: BodyWriter;
  /** Undefined once the session is closed. */
  readonly phase: () => SessionPhase | undefined;
  /** Called at most once a second, as long as the session is open. */
  readonly overdue: (verdict: SessionVerdict) => void;
};

/** A session's clock: remembers when what happened, and tells when something takes too long. */
export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #openedMs: number;
  #timer: Timer | undefined;
  #connectedMs = 0;
  #lastAckMs: number;
  #lastBufferingMs: number;
  #endedMs: number | undefined;
  #staleToldMs = Number.NEGATIVE_INFINITY;
  #isUnpersistedTold = false;

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    this.#openedMs = options.clock.monotonicMs();
    this.#lastAckMs = this.#openedMs;
    this.#lastBufferingMs = this.#openedMs;
    this.#arm();
  }

  get ageMs(): number {
    return this.#nowMs - this.#openedMs;
  }

  /** The connection stands. */
  connected(): void {
    this.#connectedMs = this.#nowMs;
  }

  acknowledged(ack: FragmentAck): void {
    this.#lastAckMs = this.#nowMs;
    if (ack.type !== 'IDLE') this.#lastBufferingMs = this.#lastAckMs;
  }

  /** We have ended the body. */
  ended(): void {
    this.#endedMs = this.#nowMs;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #arm(): void {
    const { clock } = this.#options;
    this.#timer = clock.after(WATCH_MS, () => {
      if (this.#verdict() === undefined) this.#armIfOpen();
      else this.#timer = clock.after(LOOK_AGAIN_MS, () => this.#judge());
    });
  }

  #armIfOpen(): void {
    if (this.#options.phase() !== undefined) this.#arm();
  }

  #judge(): void {
    const verdict = this.#verdict();
    if (verdict !== undefined && !this.#isToldAlready(verdict, this.#nowMs)) {
      this.#options.overdue(verdict);
    }
    this.#armIfOpen();
  }

  /** What is over time now, if anything. */
  #verdict(): SessionVerdict | undefined {
    const { limits, sent, writer, phase: phaseOf } = this.#options;
    const phase = phaseOf();
    if (phase === undefined) return undefined;
    const nowMs = this.#nowMs;
    if (phase === 'connected' && nowMs - this.#connectedMs >= WATCH_MS) {
      // A service that answers only to data is not starved, as with curl's wait for a 100.
      writer.accept();
    }
    return overdue(limits, {
      nowMs,
      phase,
      openedMs: this.#openedMs,
      connectedMs: this.#connectedMs,
      firstSentMs: sent.oldestUnsettled()?.begunMs,
      unheardSinceMs: this.#unheardSinceMs(),
      unsettledSinceMs: sent.unsettledSinceMs(),
      lastProgressMs: writer.lastProgressMs,
      lastWriteMs: writer.lastWriteMs,
      queuedBytes: writer.queuedBytes,
      endedMs: this.#endedMs,
      unpersisted: unpersistedIn(sent),
      isAllReceived: this.#isAllReceived(),
      lastAckMs: this.#lastAckMs,
      isAtBoundary: writer.isAtBoundary,
    });
  }

  /** A stale connection that nobody resets is told of now and then, not each second. */
  #isToldAlready(verdict: SessionVerdict, nowMs: number): boolean {
    if (verdict.kind === 'unpersisted') {
      const wasTold = this.#isUnpersistedTold;
      this.#isUnpersistedTold = true;
      return wasTold;
    }
    if (verdict.kind !== 'stale') return false;
    const isTold = nowMs - this.#staleToldMs < this.#options.limits.staleQuietMs;
    if (!isTold) this.#staleToldMs = nowMs;
    return isTold;
  }

  /** Since when a fragment has been on its way without any acknowledgement of it. */
  #unheardSinceMs(): number | undefined {
    const { sent } = this.#options;
    if (sent.oldestUnsettled() === undefined) return undefined;
    for (const one of sent.values()) {
      if (!one.isSettled && one.level === 'none') {
        return Math.max(one.begunMs, this.#lastBufferingMs);
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
