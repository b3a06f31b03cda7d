/** KVS takes five fragments a second of a stream (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html). */
const MAX_PER_SECOND = 5;
const SECOND_NS = 1_000_000_000n;

/** Remembers when the latest fragments started, in the time of the media. */
export class FragmentRate {
  #startsNs: bigint[] = [];

  began(startNs: bigint): void {
    this.#startsNs.push(startNs);
    if (this.#startsNs.length > MAX_PER_SECOND) this.#startsNs.shift();
  }

  /** True when a fragment that starts now would be one too many. */
  isFull(nowNs: bigint): boolean {
    const oldestNs = this.#startsNs[0];
    if (oldestNs === undefined || this.#startsNs.length < MAX_PER_SECOND) return false;
    const sinceNs = nowNs - oldestNs;
    return sinceNs >= 0n && sinceNs < SECOND_NS;
  }
}
