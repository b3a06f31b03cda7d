import type { ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';
import { ACK_ERRORS, type AckErrorCode } from '../errors/error-acks.ts';
import type { Exchange } from '../faults/fault-exchange.ts';
import type { Behaviours } from '../settings/behaviours.ts';
import type { SentAck } from '../streams/producer-session.ts';
import { type AckedFragment, ackLine, errorAckLine, IDLE_ACK } from './acks.ts';

/** What is told of an ack when it is written; when and to whom is known elsewhere. */
export type AckNote = Omit<SentAck, 'atMs' | 'session'>;

export type AckWriterSettings = {
  readonly response: ServerResponse;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly behaviours: Behaviours;
  /** Whether the client asked for acks. */
  readonly wanted: boolean;
};

/** Writes a session's acks in order, with the delay that the service was configured with. */
export class AckWriter {
  readonly #response: ServerResponse;
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #behaviours: Behaviours;
  readonly #wanted: boolean;
  readonly #sent: (note: AckNote) => void;
  /** Acks that wait for an earlier, delayed one. */
  #queue: Promise<void> | undefined;

  /** @param sent called when an ack is written. */
  constructor(settings: AckWriterSettings, sent: (note: AckNote) => void) {
    this.#response = settings.response;
    this.#exchange = settings.exchange;
    this.#clock = settings.clock;
    this.#behaviours = settings.behaviours;
    this.#wanted = settings.wanted;
    this.#sent = sent;
  }

  ack(event: 'BUFFERING' | 'RECEIVED' | 'PERSISTED', fragment: AckedFragment): void {
    if (!this.#wanted) return;
    const { ackDelayMs, persistDelayMs } = this.#behaviours;
    const delayMs = ackDelayMs + (event === 'PERSISTED' ? persistDelayMs : 0);
    const fate = this.#exchange.ackFate(event);
    if (fate === 'withheld') return;
    const isNow = delayMs === 0 && fate === 'sent';
    const due = isNow ? undefined : Promise.all([this.#delay(delayMs), fate]);
    this.#send(ackLine(event, fragment), due, { event, ...about(fragment) });
  }

  /** Errors are sent even to clients that want no acks. */
  error(code: AckErrorCode, fragment: AckedFragment | undefined, reason: string): void {
    this.#send(errorAckLine(code, fragment), this.#delay(this.#behaviours.ackDelayMs), {
      event: 'ERROR',
      errorId: ACK_ERRORS[code],
      errorCode: code,
      reason,
      ...(fragment === undefined ? {} : about(fragment)),
    });
  }

  idle(): void {
    if (!this.#wanted) return;
    const fate = this.#exchange.ackFate('IDLE');
    if (fate === 'withheld') return;
    this.#send(IDLE_ACK, fate === 'sent' ? undefined : fate, { event: 'IDLE' });
  }

  /** Ends the answer after the last ack. */
  end(): void {
    this.#after(undefined, () => this.#response.end());
  }

  #send(line: string, due: Promise<unknown> | undefined, note: AckNote): void {
    this.#after(due, () => {
      if (this.#response.writableEnded || this.#response.destroyed) return;
      this.#response.write(line);
      this.#sent(note);
    });
  }

  #delay(ms: number): Promise<void> | undefined {
    if (ms === 0) return undefined;
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }

  /** Each ack is delayed from now, but none overtakes another. */
  #after(due: Promise<unknown> | undefined, action: () => void): void {
    if (due === undefined && this.#queue === undefined) {
      action();
      return;
    }
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
