import type { Clock } from '../../runtime/clock.ts';
import type { TokenBucket } from '../settings/token-bucket.ts';

/** Waits until a rate allows what was just sent. */
export async function paced(rate: TokenBucket, bytes: number, clock: Clock): Promise<void> {
  const waitMs = rate.spend(bytes);
  if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
}
