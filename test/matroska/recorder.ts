import type { MatroskaHandlers } from '../../src/matroska/reader-handlers.ts';

/** Handlers that write down every call, with the bytes it came with. */
export function recorder(): { handlers: MatroskaHandlers; calls: string[]; raw: Buffer[] } {
  const calls: string[] = [];
  const raws: Buffer[] = [];
  const note = (call: string, raw?: Uint8Array): void => {
    calls.push(call);
    if (raw !== undefined) raws.push(Buffer.from(raw));
  };
  const handlers: MatroskaHandlers = {
    ebmlHeader: (raw) => note('ebml', raw),
    segmentStart: (raw) => note('segment', raw),
    info: (info, raw) => note(`info ${info.timecodeScaleNs} ${info.segmentUid?.length}`, raw),
    tracks: (tracks, raw) =>
      note(`tracks ${tracks.map((track) => `${track.number}:${track.codecId}`).join()}`, raw),
    tags: (tags, raw) =>
      note(`tags ${tags.map(({ name, value }) => `${name}=${value}`).join()}`, raw),
    clusterStart: (timecode, raw) => note(`cluster ${timecode}`, raw),
    block: (block, raw) => {
      const flags = `${block.isKeyFrame ? 'K' : ''}${block.isInvisible ? 'I' : ''}${block.isDiscardable ? 'D' : ''}`;
      const frames = [block.data, ...block.laced].map((frame) =>
        Buffer.from(frame).toString('hex'),
      );
      note(
        `block ${block.trackNumber} ${block.relativeTimecode} ${flags} ${frames.join('|')}`,
        raw,
      );
    },
    clusterEnd: () => note('end'),
  };
  return { handlers, calls, raw: raws };
}
