import type { LocalStream } from '../streams/local-stream.ts';
import type { ProducerSession, SentAck } from '../streams/producer-session.ts';
import type { AckReport, ErrorReport } from './page-reports.ts';

/** Kept of each stream in memory. */
const ACKS = 300;
const ENDED_SESSIONS = 20;

/** Remembers the last acks and connections of a stream, for who looks at it. */
export class StreamJournal {
  /** Oldest first. */
  readonly #acks: AckReport[] = [];
  readonly #sessions: ProducerSession[] = [];
  #nextId = 1;
  #errors = 0;
  #lastError: ErrorReport | undefined;

  constructor(stream: LocalStream) {
    stream.live.subscribe({
      producer: (session) => this.#onProducer(session),
      ack: (ack) => this.#onAck(ack),
    });
  }

  /** PutMedia requests that are open, and the last that ended; oldest first. */
  get sessions(): readonly ProducerSession[] {
    return this.#sessions;
  }

  /** ERROR acks so far. */
  get errors(): number {
    return this.#errors;
  }

  get lastError(): ErrorReport | undefined {
    return this.#lastError;
  }

  /** The acks after the one with this id, as far as they are kept; 0 for all. */
  acksAfter(id: number): readonly AckReport[] {
    const first = this.#acks[0]?.id ?? 0;
    return this.#acks.slice(Math.max(0, id + 1 - first));
  }

  #onProducer(session: ProducerSession): void {
    this.#sessions.push(session);
    const ended = this.#sessions.filter(({ state }) => state.kind === 'ended');
    const [oldest] = ended;
    if (oldest === undefined || ended.length <= ENDED_SESSIONS) return;
    this.#sessions.splice(this.#sessions.indexOf(oldest), 1);
  }

  #onAck(ack: SentAck): void {
    this.#acks.push({ id: this.#nextId, ...ack });
    this.#nextId += 1;
    if (this.#acks.length > ACKS) this.#acks.shift();
    if (ack.errorId === undefined || ack.errorCode === undefined) return;
    const { atMs, errorId: id, errorCode: code, reason = '' } = ack;
    this.#errors += 1;
    this.#lastError = { atMs, id, code, reason };
  }
}
