import type { StreamFigures } from './stream-figures.ts';

/** One row per stream, in columns where there are several. */
export function statusRows(streams: readonly StreamFigures[]): string[] {
  const rows = streams.map((stream) => [stream.stream, ...cells(stream)]);
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      // What no stream has, has no column.
      .filter((cell) => cell !== '')
      .join('  ')
      .trimEnd(),
  );
}

/** A line that stands by itself, for a log. */
export function plainLine(stream: StreamFigures, at: Date): string {
  const shown = cells(stream).filter((cell) => cell !== '');
  return `${at.toISOString()} ${stream.stream}: ${shown.join(', ')}`;
}

/** A line of JSON, for programs. */
export function jsonLine(stream: StreamFigures, at: Date): string {
  return JSON.stringify({ time: at.toISOString(), ...stream });
}

function cells(stream: StreamFigures): string[] {
  const { latencyMs, lastAckAgeSeconds: age, spoolSeconds, droppedFrames, connection } = stream;
  return [
    `${stream.fps.toFixed(1)} fps`,
    `${(stream.bitsPerSecond / 1e6).toFixed(2)} Mbit/s`,
    `buffer ${stream.bufferSeconds.toFixed(1)} s`,
    spoolSeconds === undefined ? '' : `spool ${spoolSeconds.toFixed(0)} s`,
    latencyMs === undefined ? 'no ack yet' : `latency ${Math.max(0, Math.round(latencyMs))} ms`,
    age === undefined ? '' : `ack ${age.toFixed(0)} s ago`,
    `reconnects ${stream.reconnects}`,
    droppedFrames === 0 ? '' : `${droppedFrames} frames lost`,
    connection === 'streaming' || connection === 'closed' ? '' : connection,
  ];
}
