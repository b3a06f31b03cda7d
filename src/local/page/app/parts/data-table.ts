import { html, setChildren, setText } from './dom.ts';

/** A column: its head, and what it shows of a row. */
export type Column<T> = {
  readonly head: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  readonly text: (row: T) => string;
};

/** A table whose rows stay the same elements while they are shown. */
export class DataTable<T> {
  readonly element: HTMLElement;
  readonly #columns: readonly Column<T>[];
  readonly #key: (row: T) => string;
  readonly #body = html('tbody');
  readonly #rows = new Map<string, HTMLElement>();
  readonly #empty: HTMLElement;
  readonly #box: HTMLElement;
  readonly #decorate: (element: HTMLElement, row: T) => void;

  /**
   * @param empty what to say in place of no rows.
   * @param decorate called for each row that is shown, with its element.
   */
  constructor(
    caption: string,
    columns: readonly Column<T>[],
    key: (row: T) => string,
    empty: string,
    decorate: (element: HTMLElement, row: T) => void = () => {},
  ) {
    this.#columns = columns;
    this.#key = key;
    this.#decorate = decorate;
    this.#empty = html('p', { class: 'none' }, empty);
    const heads = columns.map(({ head, isNumber }) =>
      html('th', { scope: 'col', class: isNumber ? 'number' : undefined }, head),
    );
    this.#box = html(
      'div',
      { class: 'table-box', tabindex: 0, role: 'group', 'aria-label': caption },
      html(
        'table',
        {},
        html('caption', { class: 'unseen' }, caption),
        html('thead', {}, html('tr', {}, ...heads)),
        this.#body,
      ),
    );
    this.element = html('div', {}, this.#box, this.#empty);
  }

  update(rows: readonly T[]): void {
    this.#empty.hidden = rows.length > 0;
    this.#box.hidden = rows.length === 0;
    setChildren(this.#body, rows, this.#rows, this.#key, () => {
      const cells = this.#columns.map(({ isNumber }) =>
        html('td', { class: isNumber ? 'number' : undefined }),
      );
      return html('tr', {}, ...cells);
    });
    for (const row of rows) {
      const element = this.#rows.get(this.#key(row));
      if (element === undefined) continue;
      this.#columns.forEach(({ text }, i) => {
        const cell = element.children[i];
        if (cell !== undefined && cell.childElementCount === 0) setText(cell, text(row));
      });
      this.#decorate(element, row);
    }
  }
}
