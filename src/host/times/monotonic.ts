import { type Clock, wallClockAheadMs } from '../../runtime/clock.ts';

/** The element stamps arrivals with CLOCK_MONOTONIC; this says what its moments are elsewhere. */
export type MonotonicClock = {
  /** This moment. */
  nowNs(): bigint;
  /** Epoch ns of a moment, by what the wall clock says now. */
  wallClockNs(momentNs: bigint): bigint;
  /** The moment on the scale of Clock.monotonicMs. */
  clockMs(momentNs: bigint): number;
};

const US_PER_MS = 1_000;
const NS_PER_US = 1_000n;

/**
 * @param nowNs CLOCK_MONOTONIC in ns; process.hrtime.bigint reads that same clock on Linux, so the
 *   two processes agree.
 */
export function monotonicClock(
  clock: Clock,
  nowNs: () => bigint = process.hrtime.bigint,
): MonotonicClock {
  const nowMs = (): number => Number(nowNs()) / 1e6;
  const offsetMs = clock.monotonicMs() - nowMs();
  return {
    nowNs,
    wallClockNs: (momentNs) => {
      const aheadMs = wallClockAheadMs({ nowMs: () => clock.nowMs(), monotonicMs: nowMs });
      return momentNs + BigInt(Math.round(aheadMs * US_PER_MS)) * NS_PER_US;
    },
    clockMs: (momentNs) => Number(momentNs) / 1e6 + offsetMs,
  };
}
