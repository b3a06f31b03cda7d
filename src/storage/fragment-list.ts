import type { HeldFragment } from './fragment.ts';

/**
 * The fragments of a view in order. Their indices count up by one, so a look-up is a subtraction;
 * those that left in the middle keep their place until everything before them has left too.
 */
export class FragmentList {
  #fragments: HeldFragment[] = [];
  #head = 0;
  #held = 0;
  nextIndex = 0;

  /** Fragments that are held. */
  get count(): number {
    return this.#held;
  }

  get oldest(): HeldFragment | undefined {
    return this.#fragments[this.#head];
  }

  get newest(): HeldFragment | undefined {
    for (let i = this.#fragments.length - 1; i >= this.#head; i--) {
      const fragment = this.#fragments[i];
      if (fragment?.life === 'held') return fragment;
    }
    return undefined;
  }

  get(index: number): HeldFragment | undefined {
    const fragment = this.#fragments[this.#slot(index)];
    return fragment?.life === 'held' ? fragment : undefined;
  }

  firstFrom(index: number): HeldFragment | undefined {
    for (let i = Math.max(this.#slot(index), this.#head); i < this.#fragments.length; i++) {
      const fragment = this.#fragments[i];
      if (fragment?.life === 'held') return fragment;
    }
    return undefined;
  }

  push(fragment: HeldFragment): void {
    this.#fragments.push(fragment);
    this.nextIndex = fragment.index + 1;
    this.#held += 1;
  }

  /** Call after one fragment left: forgets those that left at the old end. */
  trim(): void {
    this.#held -= 1;
    while (this.#head < this.#fragments.length && this.oldest?.life !== 'held') this.#head += 1;
    if (this.#head > 32 && this.#head * 2 > this.#fragments.length) {
      this.#fragments = this.#fragments.slice(this.#head);
      this.#head = 0;
    }
  }

  #slot(index: number): number {
    const first = this.#fragments[this.#head];
    return first === undefined ? -1 : this.#head + index - first.index;
  }
}
