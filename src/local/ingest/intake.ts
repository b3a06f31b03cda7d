import type { IncomingMessage } from 'node:http';

/** Why a body is not being read at the moment. */
export type HeldBy = 'disk' | 'rate';

/** Reads a request's body, unless something holds it back: then its client has to wait. */
export class Intake {
  readonly #request: IncomingMessage;
  readonly #heldBy = new Set<HeldBy>();
  #isOpen = false;

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  hold(by: HeldBy): void {
    if (this.#isOpen) return;
    this.#heldBy.add(by);
    this.#request.pause();
  }

  release(by: HeldBy): void {
    if (this.#heldBy.delete(by) && this.#heldBy.size === 0) this.#request.resume();
  }

  /** From now on all is read: it is thrown away. */
  open(): void {
    this.#isOpen = true;
    this.#heldBy.clear();
    this.#request.resume();
  }
}
