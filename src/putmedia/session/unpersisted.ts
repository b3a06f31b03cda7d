import { reaches } from './ack-level.ts';
import type { SentFragments } from './sent-fragments.ts';

/** Fragments of a session that the service has received and not persisted. */
export type Unpersisted = {
  readonly fragments: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
};

/** What to do about a service that receives and does not persist. */
export const ADVICE_UNPERSISTED =
  "Check the stream's data retention (with 0 hours nothing is persisted) and at the state of the service, which persists within seconds.";

/** Undefined where nothing waits to be persisted. */
export function unpersistedIn(sent: SentFragments): Unpersisted | undefined {
  let fragments = 0;
  let [firstIndex, lastIndex] = [0, 0];
  for (const { isSettled, level, fragment } of sent.values()) {
    if (!isSettled && reaches(level, 'received')) {
      firstIndex = fragments === 0 ? fragment.index : firstIndex;
      lastIndex = fragment.index;
      fragments += 1;
    }
  }
  return fragments === 0 ? undefined : { fragments, firstIndex, lastIndex };
}

/** E.g. "12 fragments (3 to 14) were received and not persisted". */
export function unpersistedText({ fragments, firstIndex, lastIndex }: Unpersisted): string {
  return fragments === 1
    ? `1 fragment (${firstIndex}) was received and not persisted`
    : `${fragments} fragments (${firstIndex} to ${lastIndex}) were received and not persisted`;
}
