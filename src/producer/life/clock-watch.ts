import { type Clock, wallClockAheadMs } from '../../runtime/clock.ts';

/**
 * Differences up to this are left alone: a Date header counts whole seconds, and says when an
 * answer was begun.
 */
const LEFT_ALONE_MS = 5_000;

/** What an answer of the service says of this machine's clock. */
export type ClockMeasurement = {
  /** The service's clock minus ours. */
  readonly differenceMs: number;
  /** How exactly that is known. */
  readonly toleranceMs: number;
};

/** The clock that frames are stamped by is wrong. */
export type ClockError = {
  /** True time minus the stamps'. */
  readonly byMs: number;
  /** service: a Date header says so; step: the machine's clock was set, which nothing contradicts. */
  readonly because: 'service' | 'step';
};

/**
 * Finds out whether the clock that frames are stamped by is right. That one is the machine's as it
 * was at the first frame, and runs evenly since; a machine without a clock of its own has it set
 * later, or never. The service's word counts more than a step of the machine's clock: who sets a
 * clock may be wrong.
 */
export class ClockWatch {
  /** A frame has come. */
  hasBegun = false;
  readonly #clock: Clock;
  /** The stamps' clock minus the monotonic one. */
  #stampsMs: number | undefined;
  /** Errors that were dealt with; the stamps themselves run on as they are. */
  #acceptedMs = 0;
  /** The service's clock minus the monotonic one, as it was measured last. */
  #service: { readonly offsetMs: number; readonly toleranceMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first frame comes, unless one has come. @param aheadMs its clock minus the machine's */
  begin(aheadMs = 0): void {
    this.hasBegun = true;
    this.#stampsMs ??= this.#machineMs() + aheadMs;
  }

  /** Epoch ms as frames that come now are stamped. */
  stampMs(): number {
    this.begin();
    return this.#clock.monotonicMs() + (this.#stampsMs as number);
  }

  /** An answer of the service told its time. */
  measured({ differenceMs, toleranceMs }: ClockMeasurement): ClockError | undefined {
    this.#service = { offsetMs: this.#machineMs() + differenceMs, toleranceMs };
    return this.look();
  }

  /** What is wrong with the stamps' clock at present; undefined before the first frame. */
  look(): ClockError | undefined {
    if (this.#stampsMs === undefined) return undefined;
    const { offsetMs, toleranceMs } = this.#truth();
    const byMs = Math.round(offsetMs - this.#stampsMs - this.#acceptedMs);
    if (Math.abs(byMs) <= Math.max(LEFT_ALONE_MS, toleranceMs)) return undefined;
    return { byMs, because: this.#service === undefined ? 'step' : 'service' };
  }

  /** The true time, as far as it is known: epoch ms. */
  trueMs(): number {
    return this.#clock.monotonicMs() + this.#truth().offsetMs;
  }

  /** The true time minus the monotonic clock. */
  #truth(): { readonly offsetMs: number; readonly toleranceMs: number } {
    const machineMs = this.#machineMs();
    const service = this.#service;
    const isContradicted =
      service !== undefined && Math.abs(machineMs - service.offsetMs) > service.toleranceMs;
    return isContradicted ? service : { offsetMs: machineMs, toleranceMs: 0 };
  }

  /** From now on this is no error any more: it is added to the stamps, or they are to stay wrong. */
  accept(byMs: number): void {
    this.#acceptedMs += byMs;
  }

  #machineMs(): number {
    return wallClockAheadMs(this.#clock);
  }
}
