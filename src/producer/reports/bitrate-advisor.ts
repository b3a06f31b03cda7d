import type { BitrateAdvice } from '../events/events.ts';

/** The service has a fragment so long after its last frame came: more is put in than goes out. */
const BEHIND_MS = 3_000;
/** By so much it has to grow meanwhile: acknowledgements that are late, and stay so, are no overload. */
const GROWTH_MS = 300;
/** Below this the connection takes what comes. */
const IN_TIME_MS = 1_000;
/** What the rates and the growth are taken from. */
const WINDOW_MS = 10_000;
/** A rate that is measured over less is none. */
const LEAST_MEASURED_MS = 2_000;
/** Between two pieces of advice: an encoder takes a moment to follow, and its frames to arrive. */
const QUIET_MS = 5_000;
/** One that says the same again may be repeated after this. */
const REPEAT_MS = 30_000;
const SAME_RATIO = 0.1;
/** Of what the connection takes; the rest is for what waits already. */
const USED_RATIO = 0.8;
/** How the rate is raised: a step at a time, since only trying tells how much room there is. */
const RAISE_RATIO = 1.25;
/** In time for so long, the rate is raised. Each time that this was too much, it takes twice as long. */
const RAISE_AFTER_MS = 10_000;
const MAX_RAISE_AFTER_MS = 160_000;
/** What goes through beyond the last overload's measure shows that the connection has grown. */
const GROWN_RATIO = 1.02;
/** So near to what it was before the overload, the rate is that again. */
const WHOLE_RATIO = 0.95;

/** A fragment that the service has received, just now. */
export type ReceivedFragment = {
  /** Monotonic. */
  readonly nowMs: number;
  readonly bytes: number;
  /** When its last frame had come. */
  readonly readyMs: number;
  /** Of the newest fragments that were made, whether or not they were sent yet. */
  readonly streamBitsPerSecond: number;
};

type Sample = {
  readonly nowMs: number;
  readonly bytes: number;
  readonly behindMs: number;
  /**
   * Since the one before was received, if this fragment was ready then: the connection alone decides
   * how long it took.
   */
  readonly tookMs: number | undefined;
};

type State =
  | { readonly kind: 'free' }
  | {
      readonly kind: 'limited';
      readonly bitsPerSecond: number;
      /** Before the first advice. */
      readonly wholeBitsPerSecond: number;
      /** What the connection took at the last overload. */
      readonly takenBitsPerSecond: number;
      /** The connection has been taking what comes since then; undefined while it does not. */
      readonly inTimeSinceMs: number | undefined;
    };

/**
 * Advises a bit rate where the connection takes less than the stream has: by what is acknowledged,
 * for what is written may lie in buffers of the kernel for half a minute. An outage is no overload:
 * what waited for it goes at the speed of the connection afterwards.
 */
export class BitrateAdvisor {
  readonly #advise: (advice: BitrateAdvice) => void;
  #samples: Sample[] = [];
  #lastReceivedMs: number | undefined;
  #state: State = { kind: 'free' };
  #last: { readonly nowMs: number; readonly advice: BitrateAdvice } | undefined;
  #hasRaised = false;
  #raiseAfterMs = RAISE_AFTER_MS;

  constructor(advise: (advice: BitrateAdvice) => void) {
    this.#advise = advise;
  }

  /** The connection is gone: what comes after it is measured anew. */
  interrupted(): void {
    this.#samples = [];
    this.#lastReceivedMs = undefined;
    if (this.#state.kind === 'limited') this.#state = { ...this.#state, inTimeSinceMs: undefined };
  }

  /** The service has received a fragment. Call once for each, in order. */
  received({ nowMs, bytes, readyMs, streamBitsPerSecond }: ReceivedFragment): void {
    const beforeMs = this.#lastReceivedMs;
    this.#lastReceivedMs = nowMs;
    const tookMs = beforeMs !== undefined && readyMs <= beforeMs ? nowMs - beforeMs : undefined;
    const behindMs = Math.max(0, nowMs - readyMs);
    this.#samples.push({ nowMs, bytes, behindMs, tookMs });
    this.#samples = this.#samples.filter((sample) => nowMs - sample.nowMs <= WINDOW_MS);
    this.#noteWhetherInTime(nowMs, behindMs);
    if (nowMs - (this.#last?.nowMs ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    const acknowledged = this.#acknowledged();
    if (acknowledged !== undefined && this.#isOverloaded(behindMs)) {
      this.#lower(nowMs, acknowledged, streamBitsPerSecond, behindMs);
    } else {
      this.#raise(nowMs, acknowledged, streamBitsPerSecond, behindMs);
    }
  }

  /** Bits per second of the fragments that waited for the connection. */
  #acknowledged(): number | undefined {
    let bytes = 0;
    let ms = 0;
    for (const sample of this.#samples) {
      if (sample.tookMs === undefined) continue;
      bytes += sample.bytes;
      ms += sample.tookMs;
    }
    return ms < LEAST_MEASURED_MS ? undefined : (bytes * 8_000) / ms;
  }

  #isOverloaded(behindMs: number): boolean {
    const [first] = this.#samples;
    return behindMs >= BEHIND_MS && first !== undefined && behindMs - first.behindMs >= GROWTH_MS;
  }

  #noteWhetherInTime(nowMs: number, behindMs: number): void {
    if (this.#state.kind !== 'limited') return;
    const isInTime = behindMs < IN_TIME_MS;
    const inTimeSinceMs = isInTime ? (this.#state.inTimeSinceMs ?? nowMs) : undefined;
    this.#state = { ...this.#state, inTimeSinceMs };
  }

  #lower(nowMs: number, acknowledged: number, stream: number, behindMs: number): void {
    const state = this.#state;
    const bitsPerSecond = Math.round(acknowledged * USED_RATIO);
    if (this.#hasRaised) {
      this.#hasRaised = false;
      this.#raiseAfterMs = Math.min(2 * this.#raiseAfterMs, MAX_RAISE_AFTER_MS);
    }
    this.#state = {
      kind: 'limited',
      bitsPerSecond,
      wholeBitsPerSecond: state.kind === 'limited' ? state.wholeBitsPerSecond : stream,
      takenBitsPerSecond: acknowledged,
      inTimeSinceMs: undefined,
    };
    this.#tell(nowMs, {
      reason: 'overload',
      bitsPerSecond,
      streamBitsPerSecond: stream,
      acknowledgedBitsPerSecond: Math.round(acknowledged),
      behindMs,
    });
  }

  #raise(nowMs: number, acknowledged: number | undefined, stream: number, behindMs: number): void {
    const state = this.#state;
    if (state.kind === 'free' || state.inTimeSinceMs === undefined) return;
    const { wholeBitsPerSecond, takenBitsPerSecond } = state;
    if (Math.min(stream, state.bitsPerSecond) > takenBitsPerSecond * GROWN_RATIO) {
      this.#raiseAfterMs = RAISE_AFTER_MS;
    }
    if (nowMs - state.inTimeSinceMs < this.#raiseAfterMs) return;
    const stepped = Math.round(state.bitsPerSecond * RAISE_RATIO);
    const isWhole = stepped >= wholeBitsPerSecond * WHOLE_RATIO;
    const bitsPerSecond = isWhole ? wholeBitsPerSecond : stepped;
    this.#hasRaised = true;
    this.#state = isWhole ? { kind: 'free' } : { ...state, bitsPerSecond, inTimeSinceMs: nowMs };
    this.#tell(nowMs, {
      reason: isWhole ? 'recovered' : 'room',
      bitsPerSecond,
      streamBitsPerSecond: stream,
      acknowledgedBitsPerSecond: acknowledged === undefined ? undefined : Math.round(acknowledged),
      behindMs,
    });
  }

  #tell(nowMs: number, advice: BitrateAdvice): void {
    const last = this.#last;
    const isSame =
      last !== undefined &&
      advice.reason === 'overload' &&
      last.advice.reason === 'overload' &&
      Math.abs(advice.bitsPerSecond - last.advice.bitsPerSecond) <=
        last.advice.bitsPerSecond * SAME_RATIO;
    if (isSame && nowMs - last.nowMs < REPEAT_MS) return;
    this.#last = { nowMs, advice };
    this.#advise(advice);
  }
}
