/** Events by name: the argument of their listeners. */
export type EventMap = Record<string, unknown>;

type Listener = (event: never) => void;

/**
 * A small typed emitter. Listeners are called synchronously in the order they were added; one that
 * throws is reported through `onListenerError` and does not disturb the others.
 */
export class Emitter<Events extends EventMap> {
  readonly #listeners = new Map<keyof Events, Listener[]>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void = () => {}) {
    this.#onListenerError = onListenerError;
  }

  /** Calls `listener` at each event from now on; the returned function ends that. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? [];
    // A new array each time: an emit under way goes on with the one it began with.
    this.#listeners.set(name, [...listeners, listener as Listener]);
    return () => this.off(name, listener);
  }

  /** Calls `listener` at the next event only. */
  once<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const off = this.on(name, (event) => {
      off();
      listener(event);
    });
    return off;
  }

  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void {
    const listeners = this.#listeners.get(name) ?? [];
    const index = listeners.indexOf(listener as Listener);
    if (index >= 0) this.#listeners.set(name, listeners.toSpliced(index, 1));
  }

  /** True when somebody listens: what is costly to make need not be made for nobody. */
  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.length ?? 0) > 0;
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}
