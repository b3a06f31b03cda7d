import type {
  FragmentSource,
  SessionFormat,
  StoredFragment,
} from '../../storage/stored-fragment.ts';
import type { Resends } from './resends.ts';
import type { Rotation } from './rotation.ts';
import type { Parked } from './session-end.ts';
import type { Gap, SessionSet } from './session-set.ts';
import type { Settlement } from './settlement.ts';

/** What a demand is judged by. */
export type DemandParts = {
  readonly source: FragmentSource;
  readonly sessions: SessionSet;
  readonly settlement: Settlement;
  readonly resends: Resends;
  readonly rotation: Rotation;
};

/** Whether another session is needed, and what for: a gap that no session sends, or a rotation. */
export class Demand {
  readonly #parts: DemandParts;
  #parked: Parked | undefined;
  #isDraining = false;

  constructor(parts: DemandParts) {
    this.#parts = parts;
  }

  /** An open fragment that the service has seen all of: nothing is to be sent until it grows. */
  get parked(): Parked | undefined {
    return this.#isDraining ? undefined : this.#parked;
  }

  park(parked: Parked | undefined): void {
    this.#parked = parked ?? this.#parked;
  }

  /** The source will get no more data: nothing is waited for, and nothing is worth a rotation. */
  drain(): void {
    this.#isDraining = true;
  }

  /** A session is needed now. */
  get isThere(): boolean {
    return this.#mustRotate || this.gap() !== undefined;
  }

  /** The first fragments that have to be sent and that no session is responsible for. */
  gap(): Gap | undefined {
    const { sessions, source, resends } = this.#parts;
    const gap =
      this.#liveGap() ?? sessions.firstGap(source, (fragment) => this.#isWaiting(fragment));
    if (gap === undefined) return undefined;
    // A fragment that is held now may have to be sent later: it is in no session's range.
    const untilIndex = resends.firstHeld(gap.firstIndex + 1, gap.untilIndex);
    return { firstIndex: gap.firstIndex, untilIndex };
  }

  /** Where live fragments go before older ones, and no session takes them: theirs. */
  #liveGap(): Gap | undefined {
    const { sessions, source } = this.#parts;
    const { liveFrom } = source;
    if (liveFrom === undefined || this.#isDraining || sessions.head !== undefined) return undefined;
    const live = source.firstFrom(liveFrom);
    if (live === undefined || !this.#isWaiting(live)) return undefined;
    return { firstIndex: live.index, untilIndex: Number.POSITIVE_INFINITY };
  }

  /** The format of the session that is needed now; undefined when none is. */
  format(): SessionFormat | undefined {
    const { sessions, source } = this.#parts;
    const gap = this.gap();
    if (gap !== undefined) return source.get(gap.firstIndex)?.format;
    return this.#mustRotate ? sessions.head?.session.format : undefined;
  }

  get #mustRotate(): boolean {
    const { rotation, sessions } = this.#parts;
    return rotation.isDue && !this.#isDraining && sessions.head !== undefined;
  }

  /** True for a fragment that a session is needed for now. */
  #isWaiting(fragment: StoredFragment): boolean {
    if (this.#parts.settlement.isDone(fragment) || this.#parts.resends.isHeld(fragment)) {
      return false;
    }
    const { parked } = this;
    if (parked?.fragment === fragment && !fragment.complete) {
      return fragment.byteLength > parked.byteLength;
    }
    return fragment.byteLength > 0 || fragment.complete;
  }
}
