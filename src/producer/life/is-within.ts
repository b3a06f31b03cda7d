import type { Clock } from '../../runtime/clock.ts';

/** Waits for `done`; false when the time is over first. Rejects as `done` does. */
export async function isWithin(
  clock: Clock,
  timeoutMs: number,
  done: Promise<unknown>,
): Promise<boolean> {
  let giveUp: (isInTime: false) => void = () => {};
  const late = new Promise<false>((resolve) => {
    giveUp = resolve;
  });
  const timer = clock.after(timeoutMs, () => giveUp(false));
  try {
    return await Promise.race([done.then(() => true as const), late]);
  } finally {
    timer.cancel();
  }
}
