import type { StreamFigures } from './stream-figures.ts';

/** A figure as text, and how early it goes where a row is too wide: the highest first, 0 never. */
type Cell = { readonly text: string; readonly rank: number };

/**
 * One row per stream, in columns where there are several, of no more than so many characters: where
 * all figures do not fit, the less important ones are left out.
 */
export function statusRows(streams: readonly StreamFigures[], width: number): string[] {
  const rows = streams.map((stream) => [{ text: stream.stream, rank: 0 }, ...cells(stream)]);
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.text.length ?? 0), 0),
  );
  const shown = fitting(rows[0] ?? [], widths, width);
  return rows.map((row) =>
    row
      .map(({ text }, column) => text.padEnd(widths[column] ?? 0))
      // What no stream has, has no column.
      .filter((text, column) => shown.has(column) && text !== '')
      .join('  ')
      .trimEnd(),
  );
}

/** The columns that fit together. */
function fitting(row: readonly Cell[], widths: readonly number[], width: number): Set<number> {
  const columns = new Set(row.keys());
  const total = (): number =>
    [...columns]
      .map((column) => widths[column] ?? 0)
      .filter((cell) => cell > 0)
      .reduce((sum, cell) => sum + cell + 2, -2);
  const leastImportantFirst = [...row.keys()]
    .filter((column) => (row[column]?.rank ?? 0) > 0)
    .sort((a, b) => (row[b]?.rank ?? 0) - (row[a]?.rank ?? 0));
  for (const column of leastImportantFirst) {
    if (total() <= width) break;
    columns.delete(column);
  }
  return columns;
}

/** A line that stands by itself, for a log. */
export function plainLine(stream: StreamFigures, at: Date): string {
  const shown = cells(stream)
    .map(({ text }) => text)
    .filter((text) => text !== '');
  return `${at.toISOString()} ${stream.stream}: ${shown.join(', ')}`;
}

/** A line of JSON, for programs. */
export function jsonLine(stream: StreamFigures, at: Date): string {
  return JSON.stringify({ time: at.toISOString(), ...stream });
}

function cells(stream: StreamFigures): Cell[] {
  const { latencyMs, lastAckAgeSeconds: age, spoolSeconds, droppedFrames, connection } = stream;
  return [
    { rank: 2, text: `${stream.fps.toFixed(1)} fps` },
    { rank: 4, text: `${(stream.bitsPerSecond / 1e6).toFixed(2)} Mbit/s` },
    { rank: 3, text: `buffer ${stream.bufferSeconds.toFixed(1)} s` },
    { rank: 5, text: spoolSeconds === undefined ? '' : `spool ${spoolSeconds.toFixed(0)} s` },
    {
      rank: 6,
      text:
        latencyMs === undefined ? 'no ack yet' : `latency ${Math.max(0, Math.round(latencyMs))} ms`,
    },
    { rank: 7, text: age === undefined ? '' : `ack ${age.toFixed(0)} s ago` },
    { rank: 8, text: `reconnects ${stream.reconnects}` },
    { rank: 1, text: droppedFrames === 0 ? '' : `${droppedFrames} frames lost` },
    { rank: 1, text: connection === 'streaming' || connection === 'closed' ? '' : connection },
  ];
}
