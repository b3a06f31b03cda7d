import type { KvsError } from '../../errors/kvs-error.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { LOOK_AGAIN_MS } from '../../runtime/look-again.ts';

type Waiting = { resolve: () => void; reject: (error: KvsError) => void; timer: Timer };

/** As long as setInterval can be; it never fires in anyone's lifetime of a drain. */
const LONG_MS = 2 ** 31 - 1;

/** Those who wait for everything to be settled. */
export class Drains {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  /**
   * The clock's timers do not keep the process alive, and between two connections nothing else
   * does: a program that awaits its last acknowledgements must not end for that.
   */
  #keptAlive: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with settle, rejects with fail, or with `timedOut` when `timeoutMs` are over. */
  add(timeoutMs: number, timedOut: () => KvsError): Promise<void> {
    this.#keptAlive ??= setInterval(() => {}, LONG_MS);
    return new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#letGo();
        reject(timedOut());
      };
      // The last acknowledgements may have come while the process was stopped.
      const lookAgain = (): void => {
        waiting.timer = this.#clock.after(LOOK_AGAIN_MS, giveUp);
      };
      const waiting: Waiting = { resolve, reject, timer: this.#clock.after(timeoutMs, lookAgain) };
      this.#waiting.push(waiting);
    });
  }

  settle(): void {
    for (const { resolve, timer } of this.#waiting.splice(0)) {
      timer.cancel();
      resolve();
    }
    this.#letGo();
  }

  fail(error: KvsError): void {
    for (const { reject, timer } of this.#waiting.splice(0)) {
      timer.cancel();
      reject(error);
    }
    this.#letGo();
  }

  #letGo(): void {
    if (this.#waiting.length === 0) {
      clearInterval(this.#keptAlive);
      this.#keptAlive = undefined;
    }
  }
}
