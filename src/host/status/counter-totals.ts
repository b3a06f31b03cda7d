type Counts = Readonly<Record<string, number>>;

/** The fields of kvs-metrics that only ever grow while a stream is open. */
export const COUNTERS: ReadonlySet<string> = new Set([
  'frames',
  'video-frames',
  'fragments',
  'reconnects',
  'transferred-bytes',
  'total-sessions',
  'buffered-acks',
  'received-acks',
  'persisted-acks',
  'error-acks',
  'dropped-frames',
  'dropped-fragments',
  'skipped-frames',
  'storage-pressures',
  'latency-pressures',
  'buffer-pressures',
  'stale-events',
  'put-frame-errors',
  'stream-api-call-retry-count',
  'spool-spooled-fragments',
  'spool-sent-fragments',
  'spool-dropped-fragments',
  'spool-damaged',
]);

/**
 * Keeps counters growing over runs that each begin at 0: a camera that is opened again, a host
 * that took the place of one that died.
 */
export class CounterTotals {
  readonly #names = new Map<string, { run: string | number; before: Counts; last: Counts }>();

  /** `counts` of `name` in its present run, with what earlier runs had counted added. */
  add(name: string, run: string | number, counts: Counts): Record<string, number> {
    const known = this.#names.get(name);
    const before =
      known === undefined ? {} : known.run === run ? known.before : sum(known.before, known.last);
    this.#names.set(name, { run, before, last: counts });
    return { ...counts, ...sum(before, counts) };
  }
}

function sum(one: Counts, other: Counts): Counts {
  const total: Record<string, number> = {};
  for (const name of COUNTERS) {
    const value = one[name] ?? other[name];
    if (value !== undefined) total[name] = (one[name] ?? 0) + (other[name] ?? 0);
  }
  return total;
}
