import type { ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';
import type { AckErrorCode } from '../errors/error-acks.ts';
import type { Behaviours } from '../settings/behaviours.ts';
import { type AckedFragment, ackLine, errorAckLine, IDLE_ACK } from './acks.ts';

/** Writes a session's acks in order, with the delay that the service was configured with. */
export class AckWriter {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #behaviours: Behaviours;
  readonly #wanted: boolean;
  /** Acks that wait for an earlier, delayed one. */
  #queue: Promise<void> | undefined;

  constructor(response: ServerResponse, clock: Clock, behaviours: Behaviours, wanted: boolean) {
    this.#response = response;
    this.#clock = clock;
    this.#behaviours = behaviours;
    this.#wanted = wanted;
  }

  ack(event: 'BUFFERING' | 'RECEIVED' | 'PERSISTED', fragment: AckedFragment): void {
    if (!this.#wanted) return;
    const { ackDelayMs, persistDelayMs } = this.#behaviours;
    this.#send(ackLine(event, fragment), ackDelayMs + (event === 'PERSISTED' ? persistDelayMs : 0));
  }

  /** Errors are sent even to clients that want no acks. */
  error(code: AckErrorCode, fragment: AckedFragment | undefined): void {
    this.#send(errorAckLine(code, fragment), this.#behaviours.ackDelayMs);
  }

  idle(): void {
    if (this.#wanted) this.#send(IDLE_ACK, 0);
  }

  /** Ends the answer after the last ack. */
  end(): void {
    this.#after(0, () => this.#response.end());
  }

  #send(line: string, delayMs: number): void {
    this.#after(delayMs, () => {
      if (!this.#response.writableEnded && !this.#response.destroyed) this.#response.write(line);
    });
  }

  #after(delayMs: number, action: () => void): void {
    if (delayMs === 0 && this.#queue === undefined) {
      action();
      return;
    }
    const clock = this.#clock;
    // Each ack is delayed from now, but none overtakes another.
    const due = new Promise<void>((resolve) => {
      if (delayMs === 0) resolve();
      else clock.after(delayMs, resolve);
    });
    const queue: Promise<void> = (this.#queue ?? Promise.resolve())
      .then(() => due)
      .then(() => {
        action();
        if (this.#queue === queue) this.#queue = undefined;
      });
    this.#queue = queue;
  }
}
