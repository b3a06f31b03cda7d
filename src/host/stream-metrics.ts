/** Values of one kvs-metrics structure by their field names (docs/bus-messages.md). */
export type StreamMetrics = {
  /** Counters, sizes and nanoseconds: whole numbers. */
  readonly counts: Readonly<Record<string, number | bigint>>;
  /** Rates and averages. */
  readonly rates: Readonly<Record<string, number>>;
};
