import type { Clock } from '../../runtime/clock.ts';
import { Backlog } from './backlog.ts';
import { ElementMessageView } from './element-reader.ts';
import { CREDIT_WINDOW_BYTES } from './wire.ts';

/** Takes one message. While the promise it returned is pending, the element's others wait. */
export type MessageHandler = (message: ElementMessageView) => Promise<void> | undefined;

/** So much is credited at once, so that the window does not run out. */
const CREDIT_STEP_BYTES = CREDIT_WINDOW_BYTES / 8;

/**
 * Less than that is told this long after the last time: not a message for each frame, but when the
 * host dies, what the element takes for lost is at most this much too large.
 */
const CREDIT_INTERVAL_MS = 500;

/**
 * One element's messages, in order, one at a time. While a frame waits for room in the store, the
 * messages behind it are kept here, and other elements go on; the credit window bounds how many
 * there can be.
 */
export class ElementInbox {
  readonly #handle: MessageHandler;
  readonly #credit: (consumedBytes: number) => void;
  readonly #clock: Clock;
  readonly #backlog = new Backlog();
  readonly #view = new ElementMessageView();
  #isBusy = false;
  #consumedBytes = 0;
  #creditedBytes = 0;
  #creditedMs = 0;
  /**
   * True: a message may have to wait while it is handled (offline), so each is first copied to
   * where it may stay. False: it is handled where it lies.
   */
  mayWait = false;
  /** Called whenever a wait is over and nothing is left behind it. */
  onIdle: (() => void) | undefined;
  #idleWaiters: (() => void)[] = [];

  /**
   * @param credit is told the bytes consumed since the beginning.
   */
  constructor(handle: MessageHandler, credit: (consumedBytes: number) => void, clock: Clock) {
    this.#handle = handle;
    this.#credit = credit;
    this.#clock = clock;
  }

  /** True while a message waits: what is pushed now is kept. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Bytes of all messages that are done with. */
  get consumedBytes(): number {
    return this.#consumedBytes;
  }

  /** Resolves when nothing waits. */
  whenIdle(): Promise<void> {
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Takes the next message, which was located; its bytes are not needed after the call. */
  push(message: ElementMessageView): void {
    if (this.#isBusy || this.mayWait) {
      this.#backlog.append(message.raw());
      if (!this.#isBusy) this.#work();
      return;
    }
    const length = message.byteLength;
    message.read();
    message.position = this.#consumedBytes;
    const wait = this.#handle(message);
    if (wait === undefined) this.#consumed(length);
    else this.#waitFor(wait, () => this.#consumed(length));
  }

  /** Forgets what is kept, and gives the memory back. */
  clear(): void {
    this.#backlog.clear();
  }

  #work(): void {
    for (let head = this.#backlog.peek(); head !== undefined; head = this.#backlog.peek()) {
      const length = this.#view.locate(head.bytes, head.at);
      this.#view.read();
      this.#view.position = this.#consumedBytes;
      const wait = this.#handle(this.#view);
      if (wait !== undefined) {
        this.#waitFor(wait, () => this.#release(length));
        return;
      }
      this.#release(length);
    }
  }

  #waitFor(wait: Promise<void>, done: () => void): void {
    this.#isBusy = true;
    const goOn = (): void => {
      this.#isBusy = false;
      done();
      this.#work();
      if (!this.#isBusy) this.#becomeIdle();
    };
    // The handler reports its own errors; here only the order matters.
    wait.then(goOn, goOn);
  }

  #becomeIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
    this.onIdle?.();
  }

  #release(byteLength: number): void {
    if (this.#backlog.byteLength > 0) this.#backlog.release(byteLength);
    this.#consumed(byteLength);
  }

  #consumed(byteLength: number): void {
    this.#consumedBytes += byteLength;
    const nowMs = this.#clock.monotonicMs();
    const isStep = this.#consumedBytes - this.#creditedBytes >= CREDIT_STEP_BYTES;
    if (!isStep && nowMs - this.#creditedMs < CREDIT_INTERVAL_MS) return;
    this.#creditedBytes = this.#consumedBytes;
    this.#creditedMs = nowMs;
    this.#credit(this.#consumedBytes);
  }
}
