import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { block, cluster, END_OF_FRAGMENT, open } from './matroska.ts';

/**
 * A document's frames at other times, each group of pictures a fragment.
 * @param timeOf when a frame is to be shown, epoch ms, by its time in the document and its number.
 */
export function retimed(document: Buffer, timeOf: (ms: number, i: number) => number): Buffer {
  const parts: Buffer[] = [];
  let clusterMs = 0;
  let fragmentMs: number | undefined;
  let frames = 0;
  const reader = new MatroskaReader({
    ebmlHeader: (raw) => parts.push(Buffer.from(raw), open('18538067')),
    info: (_info, raw) => parts.push(Buffer.from(raw)),
    tracks: (_tracks, raw) => parts.push(Buffer.from(raw)),
    clusterStart: (timecode) => {
      clusterMs = Number(timecode);
    },
    block: ({ trackNumber, relativeTimecode, isKeyFrame, data }) => {
      const atMs = timeOf(clusterMs + relativeTimecode, frames);
      frames += 1;
      if (trackNumber === 1 && isKeyFrame) {
        fragmentMs = atMs;
        parts.push(cluster(fragmentMs));
      }
      // Sound that precedes the first picture.
      if (fragmentMs === undefined) return;
      const flags = isKeyFrame ? 0x80 : 0;
      const simple = block(atMs - fragmentMs, trackNumber, data);
      simple[simple.length - data.length - 1] = flags;
      parts.push(simple);
    },
  });
  reader.push(document);
  reader.end();
  return Buffer.concat([...parts, END_OF_FRAGMENT]);
}
