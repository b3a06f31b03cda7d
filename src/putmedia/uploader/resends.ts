import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { FragmentSource, StoredFragment } from '../../storage/stored-fragment.ts';
import { reaches } from '../session/ack-level.ts';
import type { SentFragments } from '../session/sent-fragments.ts';

/** How a session ended, as evidence on the fragments that it sent whole and that are not settled. */
export type SessionEvidence =
  /** The connection was lost or refused: acknowledgements may have been on their way. */
  | 'broken'
  /** The service ended its answer, or had all the time there is: no acknowledgement will come. */
  | 'exhausted';

/** What previous sessions showed about one fragment. */
type Doubt = {
  /** At HELD_FROM_POINTS the fragment is no longer sent again on this evidence. */
  points: number;
  /** Sessions since its release that ended in good order after the service had received it. */
  receivedInVain: number;
  /** Sessions in which it was sent in vain. */
  sendings: number;
  /** How often it was released. */
  releases: number;
  /** Not released before this, whatever the service persists; monotonic ms. */
  notBeforeMs: number;
};

/** What is being done to find out whether the service persists again. */
type Probe =
  /** Nothing is held, or nothing that is held may be sent again. */
  | { readonly kind: 'none' }
  /** This fragment, alone of those held, is sent again. */
  | { readonly kind: 'trying'; readonly fragment: StoredFragment }
  /** The last one changed nothing; the next one is sent after a back-off. */
  | { readonly kind: 'waiting'; readonly timer: Timer };

const HELD_FROM_POINTS = 2;

/** Between two probes; doubles up to the cap. */
const PROBE_BASE_MS = 5_000;
const PROBE_CAP_MS = 300_000;

/** Before a fragment that was released in vain is released again; doubles up to the cap. */
const RELEASE_BASE_MS = 30_000;
const RELEASE_CAP_MS = 600_000;

/** The n-th wait (from 1) of a back-off that doubles. */
function backoffMs(attempt: number, baseMs: number, capMs: number): number {
  return Math.min(baseMs * 2 ** Math.min(attempt - 1, 30), capMs);
}

/**
 * Keeps a stream from sending the same fragments over and over to a service that takes them and never
 * acknowledges them as persisted. A fragment whose session ended in good order after it had been
 * received is held: kept in the buffer, but not sent. One of those held is sent as a probe, with
 * back-off between probes, and each is sent at most once in that way. As soon as the service settles
 * anything, all that is held may be sent again.
 */
export class Resends {
  readonly #source: FragmentSource;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onProbe: () => void;
  readonly #doubts = new WeakMap<StoredFragment, Doubt>();
  readonly #held = new Set<StoredFragment>();
  #probe: Probe = { kind: 'none' };
  #probesInVain = 0;

  /** @param options.onProbe called when a back-off is over and a fragment is to be sent */
  constructor(options: {
    source: FragmentSource;
    clock: Clock;
    log: Logger;
    onProbe: () => void;
  }) {
    this.#source = options.source;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onProbe = options.onProbe;
  }

  /** The fragment waits in the buffer and is not to be sent now. */
  isHeld(fragment: StoredFragment): boolean {
    return this.#held.has(fragment) && !this.#isProbe(fragment);
  }

  /** The index of the first held fragment from `index` on, below `untilIndex`; else `untilIndex`. */
  firstHeld(index: number, untilIndex: number): number {
    let first = untilIndex;
    for (const fragment of this.#held) {
      if (fragment.index >= index && fragment.index < first && this.isHeld(fragment)) {
        first = fragment.index;
      }
    }
    return first;
  }

  /** A session is over; call it before the next one is planned. */
  sessionOver(list: SentFragments, evidence: SessionEvidence): void {
    const isExhausted = evidence === 'exhausted';
    let probeWasInVain = false;
    for (const { fragment, isSettled, isWritten, level } of list.values()) {
      if (isSettled || !isWritten || this.#source.get(fragment.index) !== fragment) continue;
      const isReceived = reaches(level, 'received');
      // What a session that settles something did not get to says nothing.
      const isUnanswered = isExhausted && (isReceived || !list.hasSettled);
      const points = (isReceived ? 1 : 0) + (isUnanswered ? 1 : 0);
      if (points > 0) {
        this.#doubt(fragment, points, isReceived && isExhausted);
        probeWasInVain ||= this.#isProbe(fragment);
      }
    }
    if (probeWasInVain) {
      this.#probesInVain += 1;
      this.#waitForProbe();
    } else if (this.#probe.kind === 'none' || this.#isProbeGone) {
      this.#try();
    }
  }

  /**
   * The service has given a fragment its last acknowledgement.
   * @returns whether fragments may be sent now that were held
   */
  confirmed(fragment: StoredFragment): boolean {
    if (this.#held.size === 0) return false;
    this.#held.delete(fragment);
    const released = this.#release();
    if (released > 0) {
      this.#log.info('the service settles fragments again', { released, held: this.#held.size });
    }
    if (this.#held.size === 0) {
      this.#endProbe();
    } else if (this.#probe.kind !== 'waiting') {
      this.#probesInVain = 0;
      this.#waitForProbe();
    }
    return released > 0;
  }

  /** Nothing more will be sent. */
  close(): void {
    this.#endProbe();
    this.#held.clear();
  }

  /** The fragment that was to be sent had to leave the buffer. */
  get #isProbeGone(): boolean {
    const probe = this.#probe;
    return probe.kind === 'trying' && this.#source.get(probe.fragment.index) !== probe.fragment;
  }

  #isProbe(fragment: StoredFragment): boolean {
    return this.#probe.kind === 'trying' && this.#probe.fragment === fragment;
  }

  #doubt(fragment: StoredFragment, points: number, isInVain: boolean): void {
    const doubt = this.#doubts.get(fragment) ?? {
      points: 0,
      receivedInVain: 0,
      sendings: 0,
      releases: 0,
      notBeforeMs: 0,
    };
    this.#doubts.set(fragment, doubt);
    doubt.points += points;
    doubt.receivedInVain += isInVain ? 1 : 0;
    doubt.sendings += 1;
    if (doubt.points < HELD_FROM_POINTS) return;
    if (doubt.releases > 0) {
      const waitMs = backoffMs(doubt.releases, RELEASE_BASE_MS, RELEASE_CAP_MS);
      doubt.notBeforeMs = this.#clock.monotonicMs() + waitMs;
    }
    this.#held.add(fragment);
  }

  /** Lets go of what has not been released in vain a short while ago; returns how many. */
  #release(): number {
    const nowMs = this.#clock.monotonicMs();
    let released = 0;
    for (const fragment of this.#held) {
      const doubt = this.#doubts.get(fragment);
      if (doubt !== undefined && doubt.notBeforeMs <= nowMs) {
        doubt.receivedInVain = 0;
        doubt.releases += 1;
        this.#held.delete(fragment);
        released += 1;
      }
    }
    return released;
  }

  /** Sends the held fragment again that was sent least, the oldest of those, if any may be. */
  #try(): void {
    const fragment = this.#next();
    if (fragment === undefined) this.#to({ kind: 'none' });
    else this.#to({ kind: 'trying', fragment });
  }

  #next(): StoredFragment | undefined {
    let [next, sendings] = [undefined as StoredFragment | undefined, Number.POSITIVE_INFINITY];
    for (const fragment of this.#held) {
      const doubt = this.#doubts.get(fragment);
      if (this.#source.get(fragment.index) !== fragment || doubt === undefined) {
        this.#held.delete(fragment);
      } else if (doubt.receivedInVain < 2 && doubt.sendings < sendings) {
        [next, sendings] = [fragment, doubt.sendings];
      }
    }
    return next;
  }

  #waitForProbe(): void {
    if (this.#held.size === 0) {
      this.#to({ kind: 'none' });
      return;
    }
    const delayMs = backoffMs(Math.max(this.#probesInVain, 1), PROBE_BASE_MS, PROBE_CAP_MS);
    const timer = this.#clock.after(delayMs, () => {
      this.#try();
      this.#onProbe();
    });
    this.#to({ kind: 'waiting', timer });
  }

  #endProbe(): void {
    if (this.#probe.kind === 'waiting') this.#probe.timer.cancel();
    this.#to({ kind: 'none' });
  }

  #to(probe: Probe): void {
    if (probe.kind !== this.#probe.kind) {
      const fragment = probe.kind === 'trying' ? probe.fragment.index : undefined;
      this.#log.debug(`probe: ${this.#probe.kind} -> ${probe.kind}`, {
        held: this.#held.size,
        fragment,
      });
    }
    this.#probe = probe;
  }
}
