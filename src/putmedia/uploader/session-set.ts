import type { AckLevel, FragmentSource, StoredFragment } from '../../storage/stored-fragment.ts';
import type { BodyDump } from '../session/dump.ts';
import type { PutMediaSession } from '../session/put-media-session.ts';

/** Fragments that no session sends: from `firstIndex` on, below `untilIndex` (may be infinite). */
export type Gap = { readonly firstIndex: number; readonly untilIndex: number };

/** A session and the fragments that are its affair. */
export type AssignedSession = {
  readonly session: PutMediaSession;
  /** Undefined while it only holds a connection ready. */
  firstIndex: number | undefined;
  /** The acknowledgement that settles its fragments; undefined when none are sent. */
  readonly level: AckLevel | undefined;
  readonly dump: BodyDump | undefined;
};

/** The sessions that are open, by the fragments they are responsible for, oldest first. */
export class SessionSet {
  readonly #assigned: AssignedSession[] = [];

  get size(): number {
    return this.#assigned.length;
  }

  /** In the order of their fragments; a copy, for sessions leave while they are told something. */
  all(): readonly AssignedSession[] {
    return [...this.#assigned];
  }

  /** The session that takes whatever comes. */
  get head(): AssignedSession | undefined {
    return this.#assigned.find(
      ({ session, firstIndex }) => firstIndex !== undefined && session.untilIndex === Infinity,
    );
  }

  add(assigned: AssignedSession): void {
    this.#assigned.push(assigned);
    this.sort();
  }

  remove(session: PutMediaSession): AssignedSession | undefined {
    const at = this.#assigned.findIndex((assigned) => assigned.session === session);
    return at < 0 ? undefined : this.#assigned.splice(at, 1)[0];
  }

  sort(): void {
    this.#assigned.sort((a, b) => (a.firstIndex ?? Infinity) - (b.firstIndex ?? Infinity));
  }

  /** Lets every session send what has come in. */
  pump(): void {
    // By index: a session may leave the set while it is pumped.
    for (let at = this.#assigned.length - 1; at >= 0; at--) this.#assigned[at]?.session.pump();
  }

  /**
   * The first fragments that have to be sent and that no session is responsible for.
   * @param isWaiting False for a fragment that needs no session now.
   */
  firstGap(
    source: FragmentSource,
    isWaiting: (fragment: StoredFragment) => boolean,
  ): Gap | undefined {
    let fragment = source.oldest;
    for (const { session, firstIndex } of this.#assigned) {
      if (fragment === undefined || firstIndex === undefined) break;
      while (fragment !== undefined && fragment.index < firstIndex) {
        if (isWaiting(fragment)) return { firstIndex: fragment.index, untilIndex: firstIndex };
        fragment = source.firstFrom(fragment.index + 1);
      }
      if (session.untilIndex === Infinity) return undefined;
      if (fragment !== undefined && fragment.index < session.untilIndex) {
        fragment = source.firstFrom(session.untilIndex);
      }
    }
    while (fragment !== undefined && !isWaiting(fragment)) {
      fragment = source.firstFrom(fragment.index + 1);
    }
    return fragment && { firstIndex: fragment.index, untilIndex: Infinity };
  }
}
