import type { HeldFragment } from './fragment.ts';
import type { Corrected, TimeCorrection } from './time-correction.ts';

/** Where whole fragments go that memory has no room for, instead of being dropped. */
export type Overflow = {
  /**
   * Takes over a complete fragment. It stays the same object, and is the uploader's to send.
   * @param copy its bytes; called only if it is taken
   * @returns false: it cannot be taken
   */
  take(fragment: HeldFragment, copy: () => Buffer): boolean;
  /** As StreamView.correct, for what was taken over. */
  correct(correction: TimeCorrection): Pick<Corrected, 'fragments' | 'sent'>;
};
