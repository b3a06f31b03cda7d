import type { ProducerSession } from '../streams/producer-session.ts';
import type { ConnectionReport, StreamEvent } from './page-reports.ts';
import type { StreamJournal } from './stream-journal.ts';

/** What happened to one stream since one reader was last told. */
export class StreamChanges {
  #journal: StreamJournal | undefined;
  #lastAck = 0;
  /** Connection → its report as JSON. */
  readonly #sent = new WeakMap<ProducerSession, string>();

  /**
   * What the reader has to be told now; undefined for nothing.
   * @param journal of the stream; undefined while there is none, and another one when the stream
   *   was deleted and created again.
   */
  next(journal: StreamJournal | undefined): StreamEvent | undefined {
    const isWhole = journal !== this.#journal;
    if (isWhole) this.#lastAck = 0;
    this.#journal = journal;
    const acks = journal?.acksAfter(this.#lastAck) ?? [];
    this.#lastAck = acks.at(-1)?.id ?? this.#lastAck;
    const connections = (journal?.sessions ?? []).flatMap((session) => {
      // The session goes on changing.
      const report: ConnectionReport = { ...session };
      const text = JSON.stringify(report);
      if (this.#sent.get(session) === text) return [];
      this.#sent.set(session, text);
      return [report];
    });
    if (!isWhole && acks.length === 0 && connections.length === 0) return undefined;
    return { isWhole, connections, acks };
  }
}
