import { stripVTControlCharacters } from 'node:util';

/** The parts of a terminal's stream that the block uses. */
type Terminal = {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
};

const CLEAR_BELOW = '\x1b[J';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/**
 * Lines at the bottom of the terminal that are rewritten in place. The cursor rests on their first
 * column: what others write to the terminal replaces them instead of following them.
 */
export class StatusBlock {
  readonly #terminal: Terminal;
  #rows: readonly string[] = [];
  /** Another's line is not over: nothing may be drawn into it. */
  #isMidLine = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Of a row at most: the last column stays free, so that the cursor does not jump to the next line. */
  get width(): number {
    return (this.#terminal.columns || DEFAULT_COLUMNS) - 1;
  }

  /** Shows these rows instead of those before. */
  draw(rows: readonly string[]): void {
    this.#rows = rows;
    if (!this.#isMidLine) this.#redraw();
  }

  /** Writes text that goes to the same terminal, above the block. */
  write(target: Pick<Terminal, 'write'>, text: string): void {
    if (text === '') return;
    if (!this.#isMidLine && this.#rows.length > 0) this.#terminal.write(`\r${CLEAR_BELOW}`);
    target.write(text);
    this.#isMidLine = !/[\r\n]$/.test(text);
    if (text.endsWith('\n')) this.#redraw();
  }

  /** Leaves the rows where they are and goes on below them. */
  end(): void {
    if (this.#rows.length === 0 || this.#isMidLine) return;
    this.#terminal.write('\n'.repeat(this.#fitting().length));
    this.#rows = [];
  }

  #redraw(): void {
    const rows = this.#fitting();
    if (rows.length === 0) return;
    const up = rows.length > 1 ? `\x1b[${rows.length - 1}A` : '';
    this.#terminal.write(`\r${CLEAR_BELOW}${rows.join('\n')}${up}\r`);
  }

  /** As many as there is room for, none wider than the terminal. */
  #fitting(): string[] {
    const height = Math.max(1, (this.#terminal.rows || DEFAULT_ROWS) - 1);
    const shown =
      this.#rows.length <= height
        ? this.#rows
        : [...this.#rows.slice(0, height - 1), `and ${this.#rows.length - height + 1} more`];
    // A stream's name is the user's, but an ARN may come from anywhere.
    return shown.map((row) => stripVTControlCharacters(row).slice(0, this.width));
  }
}
