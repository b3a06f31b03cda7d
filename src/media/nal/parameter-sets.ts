/** The kinds of parameter set of H.264 (SPS, PPS) and H.265 (VPS, SPS, PPS). */
export type ParameterSetKind = 'vps' | 'sps' | 'pps';

/** One parameter set as the bitstream carried it. */
export type ParameterSet<Fields = unknown> = {
  readonly kind: ParameterSetKind;
  readonly id: number;
  /** The id of the set that this one refers to: a PPS's SPS, an H.265 SPS's VPS. */
  readonly parentId: number;
  /** The NAL unit with its header and its emulation prevention bytes. */
  readonly nal: Uint8Array;
  /** What it says; undefined for sets of which nothing more is asked. */
  readonly fields: Fields;
};

/** What a codec reads of its sets, by their kind. */
export type FieldsByKind = Readonly<Record<ParameterSetKind, unknown>>;

/** Sets by number: ids go up to 255 (H.264's PPS). */
const FIRST_KEY = { vps: 0, sps: 256, pps: 512 } as const;

/** Its place among the sets of a track: the next one with the same key replaces it. */
export function keyOf({ kind, id }: ParameterSet): number {
  return FIRST_KEY[kind] + id;
}

/** True when both hold the same bytes, or both nothing. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}

/**
 * The parameter sets of one track by kind and id, as a decoder knows them, and which SPS its
 * pictures use.
 *
 * A stream may carry the same sets again and again, several of them, or new ones in mid-stream.
 * Only sets whose bytes differ from what is known count as a change.
 */
export class ParameterSets<Fields extends FieldsByKind = FieldsByKind> {
  /** True from a change until whoever hangs on the sets has looked at them and makes it false. */
  changed = false;
  readonly #sets = new Map<number, ParameterSet>();
  /** Keys of the sets that came since the last picture. */
  readonly #seen = new Set<number>();
  /** The record that the sets came from, for as long as they are the ones in it. */
  #given: Uint8Array | undefined;
  #activeSpsId: number | undefined;
  #hasNewSps = false;

  /** avcC or hvcC as it was given, while nothing in the stream differs from it. */
  get given(): Uint8Array | undefined {
    return this.#given;
  }

  /** The SPS that pictures use, or the first one as long as there was no picture. */
  get active(): ParameterSet<Fields['sps']> | undefined {
    return this.all('sps')[0];
  }

  /** Everything learned so far came from this record. */
  setGiven(record: Uint8Array, activeSpsId: number): void {
    this.#given = record;
    this.#activeSpsId = activeSpsId;
    this.#hasNewSps = false;
  }

  get<Kind extends ParameterSetKind>(
    kind: Kind,
    id: number,
  ): ParameterSet<Fields[Kind]> | undefined {
    return this.#sets.get(FIRST_KEY[kind] + id) as ParameterSet<Fields[Kind]> | undefined;
  }

  /** The set with exactly these bytes, which came again. */
  knows(nal: Uint8Array): ParameterSet | undefined {
    for (const [key, set] of this.#sets) {
      if (sameBytes(set.nal, nal)) {
        this.#seen.add(key);
        return set;
      }
    }
    return undefined;
  }

  /** The set that this one refers to. */
  parentOf({ kind, parentId }: ParameterSet): ParameterSet | undefined {
    if (kind === 'vps') return undefined;
    return this.get(kind === 'pps' ? 'sps' : 'vps', parentId);
  }

  /** All of them, in no order. */
  values(): Iterable<ParameterSet> {
    return this.#sets.values();
  }

  /** Takes what is known elsewhere: the stream goes on. */
  inherit(from: ParameterSets): void {
    for (const [key, set] of from.#sets) this.#sets.set(key, set);
    this.#given = from.#given;
    this.#activeSpsId = from.#activeSpsId;
    this.#hasNewSps = from.#hasNewSps;
    this.changed = true;
  }

  /** Stores a set in place of the one with the same kind and id, and gives it back. */
  learn(set: ParameterSet): ParameterSet {
    const key = keyOf(set);
    this.#sets.set(key, set);
    this.#seen.add(key);
    this.#hasNewSps ||= set.kind === 'sps';
    this.#given = undefined;
    this.changed = true;
    return set;
  }

  /** All sets of a kind by id, but the SPS in use first: readers take the resolution from it. */
  all<Kind extends ParameterSetKind>(kind: Kind): ParameterSet<Fields[Kind]>[] {
    const rank = (set: ParameterSet): number =>
      kind === 'sps' && set.id === this.#activeSpsId ? -1 : set.id;
    return [...this.#sets.values()]
      .filter((set): set is ParameterSet<Fields[Kind]> => set.kind === kind)
      .sort((a, b) => rank(a) - rank(b));
  }

  /** A picture came; `ppsId` when it is a random access point and its slice could be read. */
  pictureCame(ppsId: number | undefined): void {
    const pps = ppsId === undefined ? undefined : this.get('pps', ppsId);
    const sps = pps === undefined ? undefined : this.get('sps', pps.parentId);
    if (sps !== undefined) {
      if (this.#hasNewSps) {
        this.#forgetOthers(sps);
        this.#hasNewSps = false;
      }
      if (sps.id !== this.#activeSpsId) {
        this.#activeSpsId = sps.id;
        this.#given = undefined;
        this.changed = true;
      }
    }
    // Even of an empty set, clear() takes new memory, and that in the old generation: at each frame.
    if (this.#seen.size > 0) this.#seen.clear();
  }

  /**
   * A new sequence begins with `sps`: sets of the old one would only name its resolution. Kept is
   * what the picture uses, and what came with it.
   */
  #forgetOthers(sps: ParameterSet): void {
    const used = { vps: sps.parentId, sps: sps.id };
    for (const [key, set] of this.#sets) {
      const isUsed = set.kind === 'pps' ? set.parentId === used.sps : set.id === used[set.kind];
      if (!isUsed && !this.#seen.has(key)) {
        this.#sets.delete(key);
        this.changed = true;
      }
    }
  }
}
