import { ContentStore } from '../../src/storage/content-store.ts';
import type { DropNotice } from '../../src/storage/drops.ts';
import type { SessionFormat } from '../../src/storage/stored-fragment.ts';
import type { StreamView } from '../../src/storage/stream-view.ts';
import type { ViewOptions } from '../../src/storage/view-options.ts';

export const MIB = 1024 * 1024;

export const FORMAT: SessionFormat = {
  header: {
    segmentUid: new Uint8Array(16),
    timecodeScaleNs: 1_000_000,
    title: 't',
    muxingApp: 't',
    writingApp: 't',
    tracks: [],
  },
  headerBytes: new Uint8Array(0),
};

/** Bytes that tell where they came from. */
export function pattern(seed: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = (seed * 131 + i * 7) & 0xff;
  return bytes;
}

export function openView(
  store: ContentStore,
  options: Partial<ViewOptions> = {},
): { view: StreamView; drops: DropNotice[] } {
  const drops: DropNotice[] = [];
  const view = store.openView({
    mayDrop: true,
    dropPolicy: 'fragment',
    bufferDurationNs: 3_600_000_000_000n,
    onDrop: (notice) => drops.push(notice),
    ...options,
  });
  return { view, drops };
}

const MS = 1_000_000n;

/** Begins a fragment at `startMs`. */
export function begin(view: StreamView, startMs: number, format = FORMAT): void {
  const startNs = BigInt(startMs) * MS;
  view.begin({ format, timecode: BigInt(startMs), startNs, arrivedMs: startMs });
}

/** Adds a frame if there is room. */
export function put(view: StreamView, bytes: Uint8Array, endMs = 0): boolean {
  if (!view.reserve(bytes.length)) return false;
  if (view.open === undefined) return false;
  view.write(bytes, 0, bytes.length);
  const endNs = BigInt(endMs) * MS;
  view.commit({ endNs, ptsNs: endNs, dtsNs: endNs, isKeyFrame: false });
  return true;
}

/** A whole fragment of one frame. */
export function putFragment(
  view: StreamView,
  bytes: Uint8Array,
  startMs = 0,
  endMs = 0,
  format = FORMAT,
): boolean {
  if (!view.reserve(bytes.length)) return false;
  begin(view, startMs, format);
  view.write(bytes, 0, bytes.length);
  const endNs = BigInt(endMs) * MS;
  view.commit({ endNs, ptsNs: endNs, dtsNs: endNs, isKeyFrame: true });
  view.complete({ endsWithEofr: false });
  return true;
}

/** All bytes of a fragment, read in pieces of `step`. */
export function readAll(view: StreamView, index: number, step = 1 << 30): Buffer {
  const fragment = view.get(index);
  const parts: Uint8Array[] = [];
  for (let offset = 0; fragment !== undefined; ) {
    const bytes = view.read(fragment, offset, step);
    if (bytes === undefined) break;
    parts.push(Buffer.from(bytes));
    offset += bytes.length;
  }
  return Buffer.concat(parts);
}

export function makeStore(bytes = MIB): ContentStore {
  return new ContentStore(bytes);
}
