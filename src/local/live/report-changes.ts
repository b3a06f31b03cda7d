import type { StreamReport, StreamsEvent } from './page-reports.ts';

/** Field → its value as JSON. */
type Sent = ReadonlyMap<string, string>;

/** What changed in the reports of all streams since one reader was last told. */
export class ReportChanges {
  #sent: Map<string, Sent> | undefined;

  /** What the reader has to be told now; undefined for nothing. */
  next(reports: readonly StreamReport[]): StreamsEvent | undefined {
    const before = this.#sent;
    const now = new Map(reports.map((report) => [report.name, fieldsOf(report)]));
    this.#sent = now;
    const changed = [...now].flatMap(([name, fields]) => {
      const changes = changesOf(before?.get(name) ?? new Map(), fields);
      return changes.length === 0 ? [] : [{ name, ...Object.fromEntries(changes) }];
    });
    const removed = [...(before?.keys() ?? [])].filter((name) => !now.has(name));
    const isWhole = before === undefined;
    if (!isWhole && changed.length === 0 && removed.length === 0) return undefined;
    return { isWhole, changed, removed };
  }
}

function fieldsOf(report: StreamReport): Sent {
  return new Map(
    Object.entries(report).map(([field, value]) => [field, JSON.stringify(value ?? null)]),
  );
}

function changesOf(before: Sent, now: Sent): [field: string, value: unknown][] {
  return [...now]
    .filter(([field, value]) => before.get(field) !== value)
    .map(([field, value]) => [field, JSON.parse(value)]);
}
