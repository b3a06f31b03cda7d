import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { Fault, FaultKind, FaultOf } from './fault.ts';
import { type FaultTarget, InjectedFault } from './injected-fault.ts';
import { parseFault } from './parse-fault.ts';

/** The faults of a running service. */
export type LocalFaults = {
  /**
   * Injects a fault. It begins at once, or after its `afterMs`.
   * @throws RangeError with a sentence for the first thing that is wrong with it.
   */
  add(fault: Fault): InjectedFault;
  /** Faults in the order in which they were added, and some of those that are over. */
  list(): readonly InjectedFault[];
  /** Removes every fault, and forgets those that are over. */
  clear(): void;
  /** Calls `listener` after a fault began, struck or ended; returns what ends that. */
  subscribe(listener: () => void): () => void;
};

/** A fault whose kind is known. */
export type InjectedOf<K extends FaultKind> = InjectedFault & { readonly fault: FaultOf<K> };

/** Something that lasts, and can be struck while it does. */
export type Strikable = { meet(fault: InjectedFault): void };

/** What is forgotten last, of those that are over. */
const MAX_OVER = 50;
/** A script that never removes any should hear of it. */
const MAX_FAULTS = 1_000;

/** What was injected, what it may strike, and how it is found. */
export class FaultSet implements LocalFaults {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #operations: readonly string[];
  #faults: InjectedFault[] = [];
  #lastId = 0;
  readonly #listeners = new Set<() => void>();
  readonly #strikable = new Set<Strikable>();
  /** Called when a fault is over. */
  readonly #atTheEnd = new Map<InjectedFault, Set<() => void>>();

  /** @param operations names that the faults' `operation` may have. */
  constructor(clock: Clock, log: Logger, operations: readonly string[]) {
    this.#clock = clock;
    this.#log = log;
    this.#operations = operations;
  }

  /** Whether there is nothing that could strike. */
  get isEmpty(): boolean {
    return this.#faults.every(({ state }) => state === 'over');
  }

  add(fault: Fault): InjectedFault {
    const checked = parseFault(fault, this.#operations);
    if (this.#faults.length >= MAX_FAULTS + MAX_OVER) {
      throw new RangeError(`There are ${this.#faults.length} faults already: remove some first`);
    }
    this.#lastId += 1;
    const injected = new InjectedFault(String(this.#lastId), checked, (its, what) =>
      this.#on(its, what),
    );
    this.#faults.push(injected);
    this.#log.info(`fault ${injected.id} added: ${JSON.stringify(checked)}`);
    injected.start(this.#clock);
    return injected;
  }

  list(): readonly InjectedFault[] {
    return [...this.#faults];
  }

  /** @throws ServiceError ResourceNotFoundException */
  get(id: string): InjectedFault {
    const found = this.#faults.find((fault) => fault.id === id);
    if (found !== undefined) return found;
    throw new ServiceError('ResourceNotFoundException', `There is no fault ${id.slice(0, 40)}.`);
  }

  clear(): void {
    for (const fault of [...this.#faults]) fault.remove();
    this.#faults = [];
    this.#tell();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The first fault of a kind that strikes a target now.
   * @param applies what only this kind asks; a fault that it is false for counts nothing.
   */
  strike<K extends FaultKind>(
    kind: K,
    target: FaultTarget,
    applies: (fault: FaultOf<K>, injected: InjectedFault) => boolean = () => true,
  ): InjectedOf<K> | undefined {
    return this.#faults.find(
      (injected): injected is InjectedOf<K> =>
        isOf(injected, kind) &&
        injected.isAimedAt(target) &&
        applies(injected.fault, injected) &&
        injected.strike(),
    );
  }

  /** Lets faults that begin strike what lasts; returns what ends that. */
  admit(strikable: Strikable): () => void {
    this.#strikable.add(strikable);
    return () => this.#strikable.delete(strikable);
  }

  /** Calls `then` once when the fault is over; returns what forgets it. */
  whenOver(fault: InjectedFault, then: () => void): () => void {
    const all = this.#atTheEnd.get(fault) ?? new Set();
    this.#atTheEnd.set(fault, all);
    all.add(then);
    return () => all.delete(then);
  }

  #on(fault: InjectedFault, what: 'begins' | 'struck' | 'over'): void {
    if (what === 'begins') for (const each of [...this.#strikable]) each.meet(fault);
    if (what === 'over') {
      for (const then of this.#atTheEnd.get(fault) ?? []) then();
      this.#atTheEnd.delete(fault);
      this.#log.info(`fault ${fault.id} is over, after ${fault.strikes} strikes`);
      const over = this.#faults.filter(({ state }) => state === 'over');
      const [oldest] = over;
      if (over.length > MAX_OVER) this.#faults = this.#faults.filter((each) => each !== oldest);
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function isOf<K extends FaultKind>(injected: InjectedFault, kind: K): injected is InjectedOf<K> {
  return injected.fault.kind === kind;
}
