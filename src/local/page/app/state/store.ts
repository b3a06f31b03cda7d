import { type PageAction, type PageState, reduce } from './page-state.ts';

/** Holds the state, and tells listeners when it changed. */
export class Store {
  #state: PageState;
  readonly #listeners = new Set<(state: PageState, before: PageState) => void>();

  constructor(state: PageState) {
    this.#state = state;
  }

  get state(): PageState {
    return this.#state;
  }

  subscribe(listener: (state: PageState, before: PageState) => void): void {
    this.#listeners.add(listener);
  }

  dispatch(action: PageAction): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    for (const listener of this.#listeners) listener(this.#state, before);
  }
}
