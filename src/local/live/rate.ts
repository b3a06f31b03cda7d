const BUCKET_MS = 250;
const BUCKETS = 16;
/** What the rates are taken over. */
const WINDOW_MS = BUCKET_MS * BUCKETS;

/** Counts per second over the last four seconds, in a fixed amount of memory. */
export class Rate {
  readonly #counts = new Float64Array(BUCKETS);
  #bucket = 0;
  #sinceMs: number | undefined;

  add(amount: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#sinceMs ??= nowMs;
    const at = this.#bucket % BUCKETS;
    this.#counts[at] = (this.#counts[at] ?? 0) + amount;
  }

  /** Per second, over the window or over as much of it as anything was counted in. */
  perSecond(nowMs: number): number {
    this.#advance(nowMs);
    if (this.#sinceMs === undefined) return 0;
    const sum = this.#counts.reduce((total, count) => total + count, 0);
    if (sum === 0) {
      this.#sinceMs = undefined;
      return 0;
    }
    // The newest bucket is not full yet.
    const windowMs = WINDOW_MS - BUCKET_MS + (nowMs % BUCKET_MS);
    const spanMs = Math.min(windowMs, Math.max(1000, nowMs - this.#sinceMs));
    return (sum * 1000) / spanMs;
  }

  #advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    const steps = Math.min(BUCKETS, bucket - this.#bucket);
    for (let i = 0; i < steps; i++) this.#counts[(bucket - i) % BUCKETS] = 0;
    if (steps > 0) this.#bucket = bucket;
  }
}
