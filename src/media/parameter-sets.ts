/** The kinds of parameter set of H.264 (SPS, PPS) and H.265 (VPS, SPS, PPS). */
export type ParameterSetKind = 'vps' | 'sps' | 'pps';

/** One parameter set as the bitstream carried it. */
export type ParameterSet = {
  readonly kind: ParameterSetKind;
  readonly id: number;
  /** The id of the set that this one refers to: a PPS's SPS, an H.265 SPS's VPS. */
  readonly parentId: number;
  /** The NAL unit with its header and its emulation prevention bytes. */
  readonly nal: Uint8Array;
};

/** True when both hold the same bytes. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}

/** The parameter sets of one track by kind and id, and which of them the current unit carried. */
export class ParameterSetStore {
  readonly #sets = new Map<string, ParameterSet>();
  readonly #seen = new Set<string>();

  /** True when exactly these bytes are stored; marks the set as seen. */
  knows(nal: Uint8Array): boolean {
    for (const [key, set] of this.#sets) {
      if (sameBytes(set.nal, nal)) {
        this.#seen.add(key);
        return true;
      }
    }
    return false;
  }

  /** Stores a set in place of the one with the same kind and id, and marks it as seen. */
  add(set: ParameterSet): void {
    const key = `${set.kind} ${set.id}`;
    this.#sets.set(key, set);
    this.#seen.add(key);
  }

  get(kind: ParameterSetKind, id: number): ParameterSet | undefined {
    return this.#sets.get(`${kind} ${id}`);
  }

  /** All sets of a kind, by id, the one with `firstId` in front. */
  all(kind: ParameterSetKind, firstId?: number): ParameterSet[] {
    const rank = (set: ParameterSet): number => (set.id === firstId ? -1 : set.id);
    return [...this.#sets.values()]
      .filter((set) => set.kind === kind)
      .sort((a, b) => rank(a) - rank(b));
  }

  /** Forgets every set that was neither seen since clearSeen nor is wanted. */
  retainSeen(isWanted: (set: ParameterSet) => boolean): void {
    for (const [key, set] of this.#sets) {
      if (!this.#seen.has(key) && !isWanted(set)) {
        this.#sets.delete(key);
      }
    }
  }

  clearSeen(): void {
    this.#seen.clear();
  }

  clear(): void {
    this.#sets.clear();
    this.#seen.clear();
  }
}
