/** Events by name: the argument of their listeners. */
export type EventMap = Record<string, unknown>;

type Listener = (event: never) => void;
type Entry = { readonly listener: Listener; readonly isOnce: boolean };

const NO_ENTRIES: readonly Entry[] = [];

/**
 * What Node's EventEmitter offers, with the events' types: `once` and `on` of `node:events` take it,
 * so that an event can be awaited and iterated. Listeners are called synchronously in the order they
 * were added. Unlike Node's, a listener that throws does not keep the others from being called, and
 * any number of listeners is fine.
 */
export class Emitter<Events extends EventMap> {
  readonly #entries = new Map<PropertyKey, readonly Entry[]>();
  readonly #onListenerError: (error: unknown) => void;

  /**
   * Made by the classes that extend it.
   * @internal
   */
  constructor(onListenerError: (error: unknown) => void = () => {}) {
    this.#onListenerError = onListenerError;
  }

  /** Calls `listener` at each event from now on. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): this {
    return this.#add(name, { listener, isOnce: false }, 'last');
  }

  /** Calls `listener` at the next event only. */
  once<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): this {
    return this.#add(name, { listener, isOnce: true }, 'last');
  }

  /** Takes back what `on` or `once` was given; the newest, where it was given several times. */
  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): this {
    const entries = this.#of(name);
    const index = entries.findLastIndex((entry) => entry.listener === listener);
    if (index >= 0) this.#entries.set(name, entries.toSpliced(index, 1));
    return this;
  }

  /** As `on`. */
  addListener<Name extends keyof Events>(
    name: Name,
    listener: (event: Events[Name]) => void,
  ): this {
    return this.on(name, listener);
  }

  /** As `off`. */
  removeListener<Name extends keyof Events>(
    name: Name,
    listener: (event: Events[Name]) => void,
  ): this {
    return this.off(name, listener);
  }

  /** As `on`, in front of the listeners there are. */
  prependListener<Name extends keyof Events>(
    name: Name,
    listener: (event: Events[Name]) => void,
  ): this {
    return this.#add(name, { listener, isOnce: false }, 'first');
  }

  /** As `once`, in front of the listeners there are. */
  prependOnceListener<Name extends keyof Events>(
    name: Name,
    listener: (event: Events[Name]) => void,
  ): this {
    return this.#add(name, { listener, isOnce: true }, 'first');
  }

  /** Takes back every listener of an event, or of all events. */
  removeAllListeners(name?: keyof Events): this {
    if (name === undefined) this.#entries.clear();
    else this.#entries.delete(name);
    return this;
  }

  /** The listeners of an event, in the order in which they are called. */
  listeners<Name extends keyof Events>(name: Name): ((event: Events[Name]) => void)[] {
    return this.#of(name).map(({ listener }) => listener as (event: Events[Name]) => void);
  }

  /** As `listeners`: none is wrapped. */
  rawListeners<Name extends keyof Events>(name: Name): ((event: Events[Name]) => void)[] {
    return this.listeners(name);
  }

  /** How many listeners an event has; how often `listener` is among them, if one is given. */
  listenerCount<Name extends keyof Events>(
    name: Name,
    listener?: (event: Events[Name]) => void,
  ): number {
    const entries = this.#of(name);
    if (listener === undefined) return entries.length;
    return entries.filter((entry) => entry.listener === listener).length;
  }

  /** The events that have listeners. */
  eventNames(): (string | symbol)[] {
    return [...this.#entries.keys()].filter(
      (name) => typeof name !== 'number' && this.#of(name).length > 0,
    ) as (string | symbol)[];
  }

  /** Infinity: there is no limit. */
  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Accepted, as a library may call it; there is no limit. */
  setMaxListeners(_count: number): this {
    return this;
  }

  /**
   * True when somebody listens: what is costly to make need not be made for nobody.
   * @internal
   */
  has(name: keyof Events): boolean {
    const entries = this.#entries.get(name);
    return entries !== undefined && entries.length > 0;
  }

  /** Calls the listeners of an event; true when there were any. Allocates nothing. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): boolean {
    // The array is never changed, only replaced: an emit under way goes on with the one it began with.
    const entries = this.#of(name);
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as Entry;
      if (entry.isOnce && !this.#take(name, entry)) continue;
      try {
        (entry.listener as (event: Events[Name]) => void).call(this, event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
    return entries.length > 0;
  }

  #of(name: PropertyKey): readonly Entry[] {
    return this.#entries.get(name) ?? NO_ENTRIES;
  }

  #add(name: PropertyKey, entry: Entry, where: 'first' | 'last'): this {
    const entries = this.#of(name);
    this.#entries.set(name, where === 'last' ? [...entries, entry] : [entry, ...entries]);
    return this;
  }

  /** Removes an entry that is called once; false when an event within this one has called it. */
  #take(name: PropertyKey, entry: Entry): boolean {
    const entries = this.#of(name);
    const index = entries.indexOf(entry);
    if (index < 0) return false;
    this.#entries.set(name, entries.toSpliced(index, 1));
    return true;
  }
}
