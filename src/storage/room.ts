/** Those who wait for room in a view. */
export class Room {
  #refusedAt = -1;
  #waiting: { promise: Promise<void>; resolve: () => void } | undefined;

  /** A reserve was refused when the store had made so many releases. */
  refuse(releases: number): false {
    this.#refusedAt = releases;
    return false;
  }

  /** Resolves at once when something was released since the last refusal, else when it is. */
  when(releases: number): Promise<void> {
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
  made(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
