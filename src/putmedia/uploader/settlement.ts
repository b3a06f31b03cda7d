import type { Clock } from '../../runtime/clock.ts';
import type { AckLevel, FragmentSource, StoredFragment } from '../../storage/stored-fragment.ts';
import { reaches } from '../session/ack-level.ts';
import type { SentFragment, SentFragments } from '../session/sent-fragments.ts';
import { countUndelivered, type Undelivered } from './undelivered.ts';

/**
 * A fragment whose acknowledgement is missing while a later one of the same session has its own is
 * taken as settled after this long: the service says that acknowledgements may get lost on the way
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html), and one that never comes must not fill the store forever.
 */
const OVERTAKEN_MS = 10_000;

/** Decides when the store may forget a fragment. */
export class Settlement {
  readonly #source: FragmentSource;
  readonly #clock: Clock;
  readonly #replayNs: bigint;
  readonly #done = new WeakSet<StoredFragment>();
  readonly #overtakenMs = new WeakMap<StoredFragment, number>();

  constructor(source: FragmentSource, clock: Clock, replayDurationMs: number) {
    this.#source = source;
    this.#clock = clock;
    this.#replayNs = BigInt(Math.round(replayDurationMs * 1e6));
  }

  /** True for what need not be sent (again). */
  isDone(fragment: StoredFragment): boolean {
    return this.#done.has(fragment);
  }

  /** The oldest fragment that is still to be sent or acknowledged. */
  oldestOpen(): StoredFragment | undefined {
    let fragment = this.#source.oldest;
    while (fragment !== undefined && this.#done.has(fragment)) {
      fragment = this.#source.firstFrom(fragment.index + 1);
    }
    return fragment;
  }

  /** Gives a fragment up that the service will never take. */
  reject(fragment: StoredFragment): void {
    if (this.#mark(fragment)) this.#source.reject(fragment, 'rejected');
  }

  /** After an acknowledgement, or after a fragment's last byte: settles what can be. */
  check(sent: SentFragment, list: SentFragments, wanted: AckLevel): void {
    // A fragment of which bytes are still being read must stay, whatever is said of it.
    if (sent.isSettled || !sent.isWritten || !reaches(sent.level, wanted)) return;
    this.settle(sent, list);
    const nowMs = this.#clock.monotonicMs();
    for (const earlier of list.values()) {
      if (earlier === sent) return;
      if (!earlier.isSettled && earlier.isWritten) {
        const sinceMs = this.#overtakenMs.get(earlier.fragment) ?? nowMs;
        this.#overtakenMs.set(earlier.fragment, sinceMs);
        if (nowMs - sinceMs >= OVERTAKEN_MS) this.settle(earlier, list);
      }
    }
  }

  /**
   * Without acknowledgements: what is older than the replay duration, seen from the fragment sent
   * last, is settled; the rest is what would be sent again after a lost connection.
   */
  checkUnacknowledged(list: SentFragments): void {
    const last = list.last;
    if (last === undefined) return;
    for (const sent of list.values()) {
      const isOld = sent.fragment.endNs + this.#replayNs <= last.fragment.endNs;
      if (!sent.isSettled && sent.isWritten && isOld) this.settle(sent, list);
    }
  }

  /** The whole session is over and there is nothing to wait for. */
  settleAll(list: SentFragments): void {
    for (const sent of list.values()) {
      if (!sent.isSettled && sent.isWritten) this.settle(sent, list);
    }
  }

  /** How many fragments are still to be sent or acknowledged. */
  countOpen(): Undelivered {
    return countUndelivered(this.#source, (fragment) => this.#done.has(fragment));
  }

  settle(sent: SentFragment, list: SentFragments): void {
    list.settle(sent, this.#clock.monotonicMs());
    if (this.#mark(sent.fragment)) this.#source.settle(sent.fragment);
  }

  /** False if it was done before. */
  #mark(fragment: StoredFragment): boolean {
    if (this.#done.has(fragment)) return false;
    this.#done.add(fragment);
    return true;
  }
}
