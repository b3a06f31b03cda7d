/** Waits for space in a view. */
export class SpaceWait {
  #refusedAt = -1;
  #waiting: { promise: Promise<void>; resolve: () => void } | undefined;

  /** A reserve was refused when the store had made so many releases. */
  refuse(releases: number): false {
    this.#refusedAt = releases;
    return false;
  }

  /** Resolves at once when something was released since the last refusal, else when it is. */
  untilReleased(releases: number): Promise<void> {
    if (releases !== this.#refusedAt) return Promise.resolve();
    if (this.#waiting === undefined) {
      let resolve: () => void = () => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.#waiting = { promise, resolve };
    }
    return this.#waiting.promise;
  }

  /** Something was released. */
  released(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
