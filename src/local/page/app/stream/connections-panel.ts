import type { ConnectionReport } from '../../../live/page-reports.ts';
import { DataTable } from '../parts/data-table.ts';
import { html, setAttribute, setText } from '../parts/dom.ts';
import { bytes, clock, count, span, text } from '../parts/page-format.ts';
import { producerName } from '../parts/user-agent-name.ts';

/** Producers that are connected, and the last that were; the newest first. */
export class ConnectionsPanel {
  readonly element: HTMLElement;
  readonly #readers = html('p', { class: 'soft' });
  readonly #table: DataTable<ConnectionReport>;
  #nowMs = 0;

  constructor() {
    this.#table = new DataTable<ConnectionReport>(
      'Connections of producers, the newest first',
      [
        { head: 'Producer', text: ({ userAgent }) => producerName(userAgent).name },
        { head: 'Version', text: ({ userAgent }) => producerName(userAgent).version ?? '' },
        { head: 'From', text: ({ remote, isTls }) => `${remote}${isTls ? ' (TLS)' : ''}` },
        { head: 'Since', text: ({ beganMs }) => clock(beganMs, this.#nowMs) },
        { head: 'Lasting', text: (row) => text(span(endOf(row, this.#nowMs) - row.beganMs)) },
        { head: 'Received', isNumber: true, text: (row) => text(bytes(row.bytes)) },
        { head: 'Fragments', isNumber: true, text: ({ fragments }) => String(fragments) },
        { head: 'Timecodes', text: ({ timecodes }) => timecodes.toLowerCase() },
        { head: 'Id', text: ({ id }) => id.slice(0, 8) },
        { head: 'State', text: ({ state }) => (state.kind === 'open' ? 'open' : state.reason) },
      ],
      ({ id }) => id,
      'No producer has connected in this run of the service. The commands say how to send.',
      (element, { state, userAgent }) => {
        setAttribute(element, 'data-state', state.kind);
        setAttribute(element, 'title', userAgent ?? 'It sent no User-Agent header');
      },
    );
    this.element = html('div', {}, this.#readers, this.#table.element);
  }

  update(connections: readonly ConnectionReport[], readers: number, nowMs: number): void {
    this.#nowMs = nowMs;
    setText(
      this.#readers,
      readers === 0 ? '' : `${count(readers, 'client')} reading with GetMedia.`,
    );
    this.#readers.hidden = readers === 0;
    this.#table.update([...connections].reverse());
  }
}

function endOf({ state }: ConnectionReport, nowMs: number): number {
  return state.kind === 'open' ? nowMs : state.atMs;
}
