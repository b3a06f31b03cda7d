import { type Clock, EARLIEST_MS, wallClockAheadMs } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import type { Logger } from '../../runtime/logger.ts';

/**
 * Differences below this are not worth correcting: a Date header counts whole seconds and says
 * when the answer was begun. AWS refuses signatures that are more than 300 s off.
 */
const IGNORED_MS = 4_000;

/** Above this the machine's clock is plainly wrong, which is reported to the user once per step. */
const REPORTED_MS = 60_000;

/** Hears what each answer says of the machine's clock. */
export type ClockListener = (measured: {
  /** The service's clock minus ours. */
  readonly differenceMs: number;
  /** How exactly that is known. */
  readonly toleranceMs: number;
}) => void;

/** The service's clock, by the last answer that changed anything. */
type Measured = {
  /** Service time minus the monotonic clock: no step of the machine's clock moves it. */
  readonly offsetMs: number;
  readonly toleranceMs: number;
  /** The machine's clock was right then, and is the more exact one. */
  readonly isMachineRight: boolean;
};

/**
 * The service's clock as seen from here. What was measured outlives a step of the machine's clock:
 * once NTP has set that one, both agree, and nothing is corrected any more. Shared by everything that signs requests for one
 * service, so that what a control call has measured also corrects PutMedia.
 */
export class ClockSkew {
  readonly #clock: Clock;
  readonly #log: Logger | undefined;
  #measured: Measured | undefined;
  #reportedMs = 0;
  readonly #listeners = new Set<ClockListener>();

  constructor(clock: Clock, log?: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Service time minus our time, in ms; 0 until a difference has been measured. */
  get offsetMs(): number {
    const measured = this.#measured;
    // A machine that was right and is set may have slept: its monotonic clock stood still meanwhile.
    if (measured === undefined || measured.isMachineRight) return 0;
    const differenceMs = measured.offsetMs - this.#machineMs();
    return Math.abs(differenceMs) < measured.toleranceMs ? 0 : differenceMs;
  }

  /**
   * The service's time, if an answer has told it: what has expired is not for a machine to say whose
   * clock may be years ahead.
   */
  measuredNow(): Date | undefined {
    return this.#measured === undefined ? undefined : this.now();
  }

  /** False: nobody has told the time yet, and the machine's clock shows one that is long past. */
  get isTimeKnown(): boolean {
    return this.#measured !== undefined || this.#clock.nowMs() >= EARLIEST_MS;
  }

  /** Calls `listener` with each measurement; the returned function ends that. */
  onMeasured(listener: ClockListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The moment to sign with: our clock as the service would read it. */
  now(): Date {
    return new Date(this.#clock.nowMs() + this.offsetMs);
  }

  /**
   * Takes the Date header of an answer from the service. Do not pass answers that an
   * intermediary may have kept (`Age` header) nor those of a proxy.
   * @param dateHeader As received; anything unreadable is ignored.
   * @param roundTripMs How long the answer took: the header may be older by as much.
   * @returns True if the correction changed by enough to make a refused request worth repeating.
   */
  observe(dateHeader: string | undefined, roundTripMs = 0): boolean {
    const serverMs = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader);
    if (Number.isNaN(serverMs)) return false;
    // The header is cut to whole seconds: its middle is the best guess.
    const measuredMs = serverMs + 500 - this.#clock.nowMs();
    const toleranceMs = IGNORED_MS + roundTripMs;
    for (const listener of this.#listeners) listener({ differenceMs: measuredMs, toleranceMs });
    const isMachineRight = Math.abs(measuredMs) < toleranceMs;
    const usedMs = this.offsetMs;
    if (!isMachineRight && Math.abs(measuredMs - usedMs) < toleranceMs) return false;
    const offsetMs = this.#machineMs() + measuredMs;
    this.#measured = { offsetMs, toleranceMs, isMachineRight };
    this.#report();
    return this.offsetMs !== usedMs;
  }

  /** The machine's clock minus its monotonic one. */
  #machineMs(): number {
    return wallClockAheadMs(this.#clock);
  }

  #report(): void {
    const { offsetMs } = this;
    if (Math.abs(offsetMs - this.#reportedMs) < REPORTED_MS) return;
    this.#reportedMs = offsetMs;
    if (Math.abs(offsetMs) < 500) {
      this.#log?.info("the machine's clock agrees with the service again");
      return;
    }
    this.#log?.warn(
      `the machine's clock is ${durationText(Math.abs(offsetMs))} ${offsetMs > 0 ? 'behind' : 'ahead of'} the service; requests are signed with the service's time`,
      { skewMs: Math.round(offsetMs) },
    );
  }
}
