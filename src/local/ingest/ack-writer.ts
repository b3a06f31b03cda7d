import type { ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';
import { ACK_ERRORS, type AckErrorCode } from '../errors/error-acks.ts';
import type { Behaviours } from '../settings/behaviours.ts';
import type { SentAck } from '../streams/producer-session.ts';
import { type AckedFragment, ackLine, errorAckLine, IDLE_ACK } from './acks.ts';

/** What is told of an ack when it is written; when and to whom is known elsewhere. */
export type AckNote = Omit<SentAck, 'atMs' | 'session'>;

/** Writes a session's acks in order, with the delay that the service was configured with. */
export class AckWriter {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #behaviours: Behaviours;
  readonly #wanted: boolean;
  readonly #sent: (note: AckNote) => void;
  /** Acks that wait for an earlier, delayed one. */
  #queue: Promise<void> | undefined;

  /**
   * @param wanted whether the client asked for acks.
   * @param sent called when an ack is written.
   */
  constructor(
    response: ServerResponse,
    clock: Clock,
    behaviours: Behaviours,
    wanted: boolean,
    sent: (note: AckNote) => void,
  ) {
    this.#response = response;
    this.#clock = clock;
    this.#behaviours = behaviours;
    this.#wanted = wanted;
    this.#sent = sent;
  }

  ack(event: 'BUFFERING' | 'RECEIVED' | 'PERSISTED', fragment: AckedFragment): void {
    if (!this.#wanted) return;
    const { ackDelayMs, persistDelayMs } = this.#behaviours;
    const delayMs = ackDelayMs + (event === 'PERSISTED' ? persistDelayMs : 0);
    this.#send(ackLine(event, fragment), delayMs, { event, ...about(fragment) });
  }

  /** Errors are sent even to clients that want no acks. */
  error(code: AckErrorCode, fragment: AckedFragment | undefined, reason: string): void {
    this.#send(errorAckLine(code, fragment), this.#behaviours.ackDelayMs, {
      event: 'ERROR',
      errorId: ACK_ERRORS[code],
      errorCode: code,
      reason,
      ...(fragment === undefined ? {} : about(fragment)),
    });
  }

  idle(): void {
    if (this.#wanted) this.#send(IDLE_ACK, 0, { event: 'IDLE' });
  }

  /** Ends the answer after the last ack. */
  end(): void {
    this.#after(0, () => this.#response.end());
  }

  #send(line: string, delayMs: number, note: AckNote): void {
    this.#after(delayMs, () => {
      if (this.#response.writableEnded || this.#response.destroyed) return;
      this.#response.write(line);
      this.#sent(note);
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

function about({ number, timecode }: AckedFragment): Pick<SentAck, 'fragmentNumber' | 'timecode'> {
  return { fragmentNumber: number, timecode: Number(timecode) };
}
