import type { AckReport } from '../../../live/page-reports.ts';
import { DataTable } from '../parts/data-table.ts';
import { html, setAttribute } from '../parts/dom.ts';
import { clockMs } from '../parts/page-format.ts';

const SHOWN = 100;

/** The acks of a stream, the newest first. */
export class AcksPanel {
  readonly element: HTMLElement;
  readonly #only: HTMLInputElement;
  readonly #table: DataTable<AckReport>;
  #acks: readonly AckReport[] = [];

  constructor() {
    this.#only = html('input', {
      type: 'checkbox',
      id: 'only-errors',
      onchange: () => this.update(this.#acks),
    });
    this.#table = new DataTable<AckReport>(
      'Acknowledgements, the newest first',
      [
        { head: 'Time', text: ({ atMs }) => clockMs(atMs) },
        { head: 'Event', text: ({ event }) => event },
        { head: 'Timecode', isNumber: true, text: ({ timecode }) => `${timecode ?? ''}` },
        { head: 'Fragment', text: ({ fragmentNumber = '' }) => shortNumber(fragmentNumber) },
        { head: 'Connection', text: ({ session }) => session.slice(0, 8) },
        { head: 'Why', text: whyOf },
      ],
      ({ id }) => String(id),
      'No acknowledgements in this run of the service.',
      (element, { event }) => setAttribute(element, 'data-event', event),
    );
    this.element = html(
      'div',
      {},
      html('p', { class: 'panel-tools' }, html('label', {}, this.#only, ' Errors only')),
      this.#table.element,
    );
  }

  update(acks: readonly AckReport[]): void {
    this.#acks = acks;
    const wanted = this.#only.checked ? acks.filter(({ event }) => event === 'ERROR') : acks;
    this.#table.update(wanted.slice(-SHOWN).reverse());
  }
}

/** What tells fragment numbers apart: those of this service hold a time and a count. */
export function shortNumber(number: string): string {
  return number.length === 47 ? `…${number.slice(20, 30)}…${number.slice(-2)}` : number;
}

function whyOf({ errorId, errorCode, reason }: AckReport): string {
  if (errorId === undefined) return '';
  return `${errorId} ${errorCode ?? ''}${reason ? `: ${reason}` : ''}`;
}
