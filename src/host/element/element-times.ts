import type { FrameMessage } from '../access-units/access-units.ts';
import type { BusReporter } from '../bus/bus-reporter.ts';
import { TimeReporter } from '../bus/time-reporter.ts';
import type { ElementSettings } from '../settings/element-settings.ts';
import { type FrameTimes, type Timebase, TimestampMapper } from '../times/timestamp-mapper.ts';
import type { SendToElement } from '../wire/host-message.ts';
import { FrameFlag, HostMessage } from '../wire/wire.ts';
import type { FramePacing } from './element-tracks.ts';
import type { HostContext } from './host-context.ts';

/** Within a fragment, the element keeps the base to this: a drift that is followed changes it all the time. */
const TIMEBASE_STEP_NS = 1_000_000n;
const NS_PER_MS = 1_000_000;

/**
 * The times of one opening of an element, over all the streams it makes: what is sent after an end
 * goes on behind it. The element keeps their base for a host that replaces this one.
 */
export class ElementTimes {
  readonly #mapper: TimestampMapper;
  readonly #reporter: TimeReporter;
  readonly #send: SendToElement;
  readonly #nowNs: () => bigint;
  readonly #wallClockNs: (momentNs: bigint) => bigint;
  /** What the core adds to every time: the clock was wrong. */
  #correctionNs = 0n;
  #told: Timebase | undefined;

  /** @param reporter of the stream that is open */
  constructor(
    { host: { timestamps, useOriginalPts } }: ElementSettings,
    { clock, monotonic }: HostContext,
    stream: string,
    send: SendToElement,
    reporter: () => BusReporter | undefined,
  ) {
    this.#reporter = new TimeReporter(clock, stream, reporter);
    const { wallClockNs } = monotonic;
    this.#mapper = new TimestampMapper(timestamps, useOriginalPts, wallClockNs, this.#reporter);
    this.#send = send;
    this.#nowNs = monotonic.nowNs;
    this.#wallClockNs = wallClockNs;
  }

  /** What the source says of itself. */
  set isLive(isLive: boolean) {
    this.#mapper.isLive = isLive;
  }

  set useOriginalPts(useOriginalPts: boolean) {
    this.#mapper.useOriginalPts = useOriginalPts;
  }

  /** The times of the next frame of its track. */
  map(message: FrameMessage, { reorders, interval }: FramePacing): FrameTimes {
    const { track, ptsNs, dtsNs, durationNs, monotonicNs, flags, payload } = message;
    const times = this.#mapper.map({
      track,
      ptsNs,
      dtsNs,
      durationNs,
      arrivalNs: monotonicNs,
      isKeyFrame: (flags & FrameFlag.keyFrame) !== 0,
      reorders,
      intervalNs: interval(payload.length),
    });
    this.#tellTimebase(message.position, (flags & FrameFlag.keyFrame) !== 0);
    return times;
  }

  /** What a GAP's running time stands for; undefined before the first frame. */
  peek(track: number, runningNs: bigint): bigint | undefined {
    return this.#mapper.peek(track, runningNs);
  }

  /**
   * A host before this one had these, as the element kept them.
   * @returns by how much its clock was ahead of the machine's as it is now
   */
  continueFrom(offsetNs: bigint, clockNs: bigint | undefined): number {
    this.#mapper.continueFrom({ offsetNs, clockNs });
    if (clockNs === undefined) return 0;
    const nowNs = this.#nowNs();
    return Number(nowNs + clockNs - this.#wallClockNs(nowNs)) / NS_PER_MS;
  }

  /** A frame's time as it is stored: with what the core adds to it. */
  storedNs(timeNs: bigint): bigint {
    return timeNs + this.#correctionNs;
  }

  /** The core adds so much to the times of what is not sent yet, and of all that comes. */
  corrected(byMs: number): void {
    this.#correctionNs += BigInt(byMs) * BigInt(NS_PER_MS);
    this.#told = undefined;
  }

  /** Running times begin anew (flush, seek). */
  restart(): void {
    this.#mapper.restart();
    this.#told = undefined;
  }

  /** Another stream follows the one that has ended. */
  restartStream(): void {
    this.#mapper.restartClock(this.#nowNs());
    this.#correctionNs = 0n;
    this.#told = undefined;
  }

  /** The stream ends: what was not reported yet. */
  end(): void {
    this.#reporter.end();
  }

  /**
   * @param position of the frame that it is told with: it holds from there on
   * @param isKeyFrame a fragment may begin here, which another host is to begin at the same time:
   *   the service would store it twice
   */
  #tellTimebase(position: number, isKeyFrame: boolean): void {
    const { timebase } = this.#mapper;
    if (timebase === undefined) return;
    const told = this.#told;
    if (told !== undefined && timebase.clockNs === told.clockNs) {
      const withinNs = isKeyFrame ? 1n : TIMEBASE_STEP_NS;
      const stepNs = timebase.offsetNs - told.offsetNs;
      if (stepNs < withinNs && stepNs > -withinNs) return;
    }
    this.#told = timebase;
    const offsetNs = timebase.offsetNs + this.#correctionNs;
    const clockNs = timebase.clockNs + this.#correctionNs;
    this.#send(HostMessage.timebase, BigInt.asUintN(64, offsetNs), `${clockNs} ${position}`);
  }
}
