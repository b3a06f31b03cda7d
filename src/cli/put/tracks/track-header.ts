import { encodeHeader } from '../../../matroska/header.ts';
import { MATROSKA_LIMITS } from '../../../matroska/matroska-limits.ts';
import { MatroskaReader } from '../../../matroska/reader.ts';
import type { ReadTrack } from '../../../matroska/reader-handlers.ts';
import type { TrackFormat } from '../../../media/codec/codec-adapter.ts';
import { SessionHeader } from '../media/session-header.ts';

/** Timestamps of what is sent are in milliseconds. */
const SCALE_NS = 1_000_000;

/** A track of a file, and its number in it. */
export type NumberedFormat = { readonly number: number; readonly format: TrackFormat };

/** The header of tracks that come from no Matroska file. @throws KvsError as SessionHeader */
export function headerOf(tracks: readonly NumberedFormat[]): SessionHeader {
  return new SessionHeader(tracks.flatMap(matroskaTrack), SCALE_NS);
}

/** A track as it would be read from a Matroska file that has it. */
function matroskaTrack({ number, format }: NumberedFormat): readonly ReadTrack[] {
  const read: ReadTrack[] = [];
  const reader = new MatroskaReader({ tracks: (tracks) => read.push(...tracks) });
  reader.push(
    encodeHeader({
      segmentUid: new Uint8Array(MATROSKA_LIMITS.segmentUidBytes),
      timecodeScaleNs: SCALE_NS,
      title: '',
      muxingApp: '',
      writingApp: '',
      tracks: [{ number, uid: BigInt(number), name: '', format }],
    }),
  );
  return read;
}
