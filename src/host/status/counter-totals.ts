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

/** What a name has come to: runs that are long over in one sum, and the newest by themselves. */
type Known = { settled: Counts; readonly runs: Map<string | number, Counts> };

/** Runs of one name that may still count: a host that hangs, and the one that took its place. */
const LIVE_RUNS = 4;

/**
 * Keeps counters growing over runs that each begin at 0: a camera that is opened again, a host
 * that took the place of one that died, or that still sends what it has beside its successor.
 */
export class CounterTotals {
  readonly #names = new Map<string, Known>();

  /** `counts` of `name` in one of its runs, with what the other runs have counted added. */
  add(name: string, run: string | number, counts: Counts): Record<string, number> {
    const known = this.#names.get(name) ?? { settled: {}, runs: new Map<string, Counts>() };
    this.#names.set(name, known);
    const { runs } = known;
    runs.set(run, counts);
    for (const [oldest, last] of runs) {
      if (runs.size <= LIVE_RUNS) break;
      known.settled = sum(known.settled, last);
      runs.delete(oldest);
    }
    return { ...counts, ...[...runs.values()].reduce(sum, known.settled) };
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
