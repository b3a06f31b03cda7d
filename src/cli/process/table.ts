/** A column: its heading, and on which side its cells are flush. */
export type Column = { readonly heading: string; readonly align?: 'left' | 'right' };

/** Lines of a table for people, without blanks at their ends. A cell that is undefined is a dash. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly (string | undefined)[])[],
): string {
  const cells = [
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map((_, index) => printable(row[index] ?? '-'))),
  ];
  const widths = columns.map((_, index) =>
    cells.reduce((most, row) => Math.max(most, row[index]?.length ?? 0), 0),
  );
  const lines = cells.map((row) =>
    columns
      .map(({ align }, index) => {
        const [cell = '', width = 0] = [row[index], widths[index]];
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Names and tags are anybody's: on a terminal, they must not act. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd');
}

/** Results for scripts. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
