import { MatroskaReader } from '../../../src/matroska/reader.ts';

/** Where each frame of a document ends, in bytes, and when it is shown, in ms. */
export function frameEnds(
  document: Uint8Array,
): { readonly end: number; readonly timeMs: number }[] {
  const ends: { end: number; timeMs: number }[] = [];
  let clusterMs = 0;
  let at = 0;
  const skip = (raw: Uint8Array): void => {
    at += raw.length;
  };
  const reader = new MatroskaReader({
    ebmlHeader: skip,
    segmentStart: skip,
    info: (_info, raw) => skip(raw),
    tracks: (_tracks, raw) => skip(raw),
    tags: (_tags, raw) => skip(raw),
    clusterStart: (timecode, raw) => {
      clusterMs = Number(timecode);
      skip(raw);
    },
    block: (block, raw) => {
      skip(raw);
      ends.push({ end: at, timeMs: clusterMs + block.relativeTimecode });
    },
  });
  reader.push(document);
  reader.end();
  return ends;
}
