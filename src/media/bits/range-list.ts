/**
 * Where the parts of one access unit lie: a list that is filled again for every access unit, so
 * that finding them allocates nothing. Part i is data[starts[i], ends[i]).
 */
export class RangeList {
  starts: Int32Array = new Int32Array(32);
  ends: Int32Array = new Int32Array(32);
  count = 0;

  add(start: number, end: number): void {
    const { count } = this;
    if (count === this.starts.length) {
      this.starts = twiceAsLong(this.starts);
      this.ends = twiceAsLong(this.ends);
    }
    this.starts[count] = start;
    this.ends[count] = end;
    this.count = count + 1;
  }

  /** The bytes of a part. */
  of(data: Uint8Array, index: number): Uint8Array {
    return data.subarray(this.starts[index], this.ends[index]);
  }
}

function twiceAsLong(values: Int32Array): Int32Array {
  const longer = new Int32Array(2 * values.length);
  longer.set(values);
  return longer;
}
