import { durationText } from '../../runtime/duration-text.ts';
import type { FragmentSource, StoredFragment } from '../../storage/stored-fragment.ts';

/** What is in the store and was not acknowledged. */
export type Undelivered = {
  readonly fragments: number;
  readonly frames: number;
  /** Fragments among them that the service has received. */
  readonly received: number;
  /** From the first of them to the end of the last. */
  readonly spanNs: bigint;
};

/** @param isDone true for a fragment that is settled, and only kept */
export function countUndelivered(
  source: FragmentSource,
  isDone: (fragment: StoredFragment) => boolean,
): Undelivered {
  let [fragments, frames, received] = [0, 0, 0];
  let startNs: bigint | undefined;
  let endNs = 0n;
  let fragment = source.oldest;
  for (; fragment !== undefined; fragment = source.firstFrom(fragment.index + 1)) {
    if (isDone(fragment)) continue;
    fragments += 1;
    frames += fragment.frameCount;
    if (fragment.wasReceived) received += 1;
    startNs ??= fragment.startNs;
    endNs = fragment.endNs;
  }
  return { fragments, frames, received, spanNs: startNs === undefined ? 0n : endNs - startNs };
}

/** E.g. "300 frames in 10 fragments (10 s)". */
export function undeliveredText({ fragments, frames, spanNs }: Undelivered): string {
  const counted = (count: number, what: string): string =>
    `${count} ${what}${count === 1 ? '' : 's'}`;
  const span = durationText(Number(spanNs / 1_000_000n));
  return `${counted(frames, 'frame')} in ${counted(fragments, 'fragment')} (${span})`;
}
