import { box, fullBox, u16, u32, unityMatrix, zeros } from './boxes.ts';
import type { Mp4Track } from './codec.ts';

/** Initialization segment for the tracks: ftyp and moov (ISO/IEC 14496-12, 8.8). */
export function initSegment(tracks: readonly Mp4Track[], timescale: number): Buffer {
  const nextTrack = Math.max(0, ...tracks.map((track) => track.number)) + 1;
  const movieHeader = fullBox(
    'mvhd',
    0,
    0,
    zeros(8),
    u32(timescale, 0, 0x10000),
    u16(0x100),
    zeros(10),
    unityMatrix(),
    zeros(24),
    u32(nextTrack),
  );
  return Buffer.concat([
    box('ftyp', Buffer.from('iso6'), u32(0), Buffer.from('iso6cmfcmp41')),
    box(
      'moov',
      movieHeader,
      ...tracks.map((track) => trackBox(track, timescale)),
      box('mvex', ...tracks.map(({ number }) => fullBox('trex', 0, 0, u32(number, 1, 0, 0, 0)))),
    ),
  ]);
}

function trackBox(track: Mp4Track, timescale: number): Buffer {
  const isVideo = track.kind === 'video';
  return box(
    'trak',
    fullBox(
      'tkhd',
      0,
      // Enabled, in movie.
      3,
      zeros(8),
      u32(track.number, 0, 0),
      zeros(8),
      u16(0, 0, isVideo ? 0 : 0x100, 0),
      unityMatrix(),
      u32(track.width * 65_536, track.height * 65_536),
    ),
    box(
      'mdia',
      fullBox('mdhd', 0, 0, zeros(8), u32(timescale, 0), u16(0x55c4, 0)),
      fullBox(
        'hdlr',
        0,
        0,
        zeros(4),
        Buffer.from(isVideo ? 'vide' : 'soun'),
        zeros(12),
        Buffer.from(`${track.kind}\0`),
      ),
      box(
        'minf',
        isVideo ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4)),
        box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
        box(
          'stbl',
          fullBox('stsd', 0, 0, u32(1), track.sampleEntry),
          fullBox('stts', 0, 0, u32(0)),
          fullBox('stsc', 0, 0, u32(0)),
          fullBox('stsz', 0, 0, u32(0, 0)),
          fullBox('stco', 0, 0, u32(0)),
        ),
      ),
    ),
  );
}
