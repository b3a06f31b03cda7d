import type { HeldFragment } from './fragment.ts';
import type { FragmentList } from './fragment-list.ts';

/** What lies between the uploader's position and the newest frame. */
export type Unread = { bytes: number; durationNs: bigint };

/** Where the uploader reads: in the fragment it read last. */
export class ReadPosition {
  readonly #row: FragmentList;
  /** The fragment that was read last; its `readEnd` says how far. */
  reading: HeldFragment | undefined;

  constructor(row: FragmentList) {
    this.#row = row;
  }

  unread(): Unread {
    const unread = { bytes: 0, durationNs: 0n };
    const reading = this.reading?.life === 'held' ? this.reading : undefined;
    if (reading !== undefined) add(unread, reading);
    const from = reading === undefined ? this.#row.oldest?.index : reading.index + 1;
    if (from === undefined) return unread;
    let fragment = this.#row.firstFrom(from);
    while (fragment !== undefined) {
      // After the uploader has settled what it read last, the first ones may be sent already.
      add(unread, fragment);
      fragment = this.#row.firstFrom(fragment.index + 1);
    }
    return unread;
  }

  /** Unread bytes of fragments that are complete. */
  completeBytes(): number {
    let bytes = 0;
    const reading = this.reading?.life === 'held' ? this.reading : undefined;
    const from = reading?.index ?? this.#row.oldest?.index;
    let fragment = from === undefined ? undefined : this.#row.firstFrom(from);
    while (fragment?.complete === true) {
      bytes += fragment.byteLength - fragment.readEnd;
      fragment = this.#row.firstFrom(fragment.index + 1);
    }
    return bytes;
  }
}

function add(unread: Unread, fragment: HeldFragment): void {
  const left = fragment.byteLength - fragment.readEnd;
  if (left <= 0) return;
  unread.bytes += left;
  unread.durationNs += (fragment.durationNs * BigInt(left)) / BigInt(fragment.byteLength);
}
