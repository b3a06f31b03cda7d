import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Fault, FaultState } from './fault.ts';

/** What a fault could strike, as far as its limits ask. */
export type FaultTarget = {
  readonly stream: string | undefined;
  readonly operation: string;
};

/** Called when a fault begins, strikes or ends. */
export type FaultObserver = (fault: InjectedFault, what: 'begins' | 'struck' | 'over') => void;

/** A fault that was injected, and how often it has struck. */
export class InjectedFault {
  /** Names it among the faults of its service. */
  readonly id: string;
  readonly fault: Fault;
  #state: FaultState = 'waiting';
  #seen = 0;
  #strikes = 0;
  #second = 0;
  #passed = 0;
  readonly #timers: Timer[] = [];
  readonly #observer: FaultObserver;
  /** Who waits for strikes, and for how many. */
  readonly #waiting = new Set<() => void>();

  /** @internal */
  constructor(id: string, fault: Fault, observer: FaultObserver) {
    this.id = id;
    this.fault = fault;
    this.#observer = observer;
  }

  get state(): FaultState {
    return this.#state;
  }

  /** How often it has struck. */
  get strikes(): number {
    return this.#strikes;
  }

  /**
   * Resolves once it has struck so often.
   * @throws Error when it is over, or spent, before.
   */
  struck(times = 1): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const isEnough = this.#strikes >= times;
        if (!isEnough && (this.#state === 'waiting' || this.#state === 'active')) return;
        this.#waiting.delete(check);
        if (isEnough) resolve();
        else reject(new Error(`The fault ${this.fault.kind} has struck ${this.#strikes} times`));
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Ends it; what it holds back goes on. Idempotent. */
  remove(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    for (const timer of this.#timers) timer.cancel();
    this.#tell('over');
  }

  /** As `remove()`, for `using`. */
  [Symbol.dispose](): void {
    this.remove();
  }

  /**
   * Starts its time.
   * @internal
   */
  start(clock: Clock): void {
    const { afterMs = 0, forMs } = this.fault;
    if (afterMs > 0) this.#timers.push(clock.after(afterMs, () => this.#begin()));
    if (forMs !== undefined) this.#timers.push(clock.after(afterMs + forMs, () => this.remove()));
    if (afterMs === 0) this.#begin();
  }

  /**
   * Whether it may strike this target now.
   * @internal
   */
  isAimedAt(target: FaultTarget): boolean {
    const { stream, kind } = this.fault;
    if (this.#state !== 'active') return false;
    if (stream !== undefined && stream !== target.stream) return false;
    const isOfAcks = kind === 'delay-acks' || kind === 'withhold-acks' || kind === 'error-ack';
    const { operation } = isOfAcks ? { operation: 'PutMedia' } : this.fault;
    return operation === undefined || operation === target.operation;
  }

  /**
   * Whether it strikes what it is aimed at, and does not spare it; both are counted.
   * @internal
   */
  strike(): boolean {
    const { skip = 0, every = 1, count = Number.POSITIVE_INFINITY } = this.fault;
    this.#seen += 1;
    const turn = this.#seen - skip;
    if (turn < 1 || (turn - 1) % every !== 0) return false;
    this.#strikes += 1;
    if (this.#strikes >= count) this.#state = 'spent';
    this.#tell('struck');
    return true;
  }

  /**
   * Whether a call is one of the first so many of its second.
   * @internal
   */
  passes(perSecond: number, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) this.#passed = 0;
    this.#second = second;
    if (this.#passed >= perSecond) return false;
    this.#passed += 1;
    return true;
  }

  #begin(): void {
    this.#state = 'active';
    this.#tell('begins');
  }

  #tell(what: 'begins' | 'struck' | 'over'): void {
    for (const check of [...this.#waiting]) check();
    this.#observer(this, what);
  }
}
