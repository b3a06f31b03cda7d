import type { KvsError } from '../errors/kvs-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

type Waiting = { resolve: () => void; reject: (error: KvsError) => void; timer: Timer };

/** Those who wait for everything to be settled. */
export class Drains {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with settle, rejects with fail, or with `timedOut` after `timeoutMs`. */
  add(timeoutMs: number, timedOut: () => KvsError): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(timedOut());
      });
      const waiting: Waiting = { resolve, reject, timer };
      this.#waiting.push(waiting);
    });
  }

  settle(): void {
    for (const { resolve, timer } of this.#waiting.splice(0)) {
      timer.cancel();
      resolve();
    }
  }

  fail(error: KvsError): void {
    for (const { reject, timer } of this.#waiting.splice(0)) {
      timer.cancel();
      reject(error);
    }
  }
}
