import type { Clock } from '../../runtime/clock.ts';

/** The element stamps arrivals with CLOCK_MONOTONIC; this says what its moments are elsewhere. */
export type MonotonicClock = {
  /** This moment. */
  nowNs(): bigint;
  /** Epoch ns of a moment, by what the wall clock says now. */
  wallClockNs(momentNs: bigint): bigint;
  /** The moment on the scale of Clock.monotonicMs. */
  clockMs(momentNs: bigint): number;
};

const NS_PER_MS = 1_000_000n;

/**
 * @param nowNs CLOCK_MONOTONIC in ns; process.hrtime.bigint reads that same clock on Linux, so the
 *   two processes agree.
 */
export function monotonicClock(
  clock: Clock,
  nowNs: () => bigint = process.hrtime.bigint,
): MonotonicClock {
  const offsetMs = clock.monotonicMs() - Number(nowNs()) / 1e6;
  return {
    nowNs,
    wallClockNs: (momentNs) => BigInt(Math.round(clock.nowMs())) * NS_PER_MS - (nowNs() - momentNs),
    clockMs: (momentNs) => Number(momentNs) / 1e6 + offsetMs,
  };
}
