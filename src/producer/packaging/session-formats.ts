import { encodeHeader, type MatroskaHeader } from '../../matroska/header.ts';
import type { CodecAdapter, TrackFormat } from '../../media/codec/codec-adapter.ts';
import type { SessionFormat } from '../../storage/stored-fragment.ts';
import { sameFormat, type Track } from '../tracks/track.ts';

/** A track as a session has it. */
export type SessionTrack = {
  readonly track: Track;
  /** TrackNumber: position in the header. */
  readonly number: number;
  format: TrackFormat;
  /** What the format was taken from, so that a change is seen without comparing bytes. */
  adapter: CodecAdapter;
  revision: number;
  /** Frames of the track in the open fragment. */
  frames: number;
};

/** The tracks that fragments are made of at present, and the header that goes with them. */
export type FormatState = {
  readonly format: SessionFormat;
  readonly header: MatroskaHeader;
  readonly sessionTracks: readonly SessionTrack[];
  readonly lead: SessionTrack;
  /** Timeline of the newest fragment. */
  epoch: number;
  /** Of the newest fragment. */
  lastTimecode: bigint;
};

/** What is the same in all headers of a stream. */
export type HeaderSettings = {
  readonly segmentUid: Uint8Array;
  readonly timecodeScaleNs: number;
  /** Name and version that go into the header as application and title. */
  readonly application: string;
};

/** The track and adapter of a sessionTrack to be, with what the adapter knows. */
export type Candidate = { readonly track: Track; readonly adapter: CodecAdapter };

/** Makes the header for these tracks, numbered in this order. */
export function makeFormat(
  candidates: readonly Candidate[],
  settings: HeaderSettings,
  epoch: number,
  producerStartMs: number | undefined,
): FormatState {
  const sessionTracks = candidates.map(({ track, adapter }, index): SessionTrack => {
    // Candidates without a format were left out before.
    const format = adapter.format as TrackFormat;
    return {
      track,
      number: index + 1,
      format,
      adapter,
      revision: adapter.formatRevision,
      frames: 0,
    };
  });
  const header = {
    segmentUid: settings.segmentUid,
    timecodeScaleNs: settings.timecodeScaleNs,
    title: settings.application,
    muxingApp: settings.application,
    writingApp: settings.application,
    tracks: sessionTracks.map(({ number, track, format }) => ({
      number,
      uid: BigInt(track.id),
      name: track.info.trackName,
      format,
    })),
  };
  const headerBytes = encodeHeader(header);
  return {
    format: {
      header,
      headerBytes,
      ...(producerStartMs === undefined ? {} : { producerStartMs }),
    },
    header,
    sessionTracks,
    lead: leadOf(sessionTracks),
    epoch,
    lastTimecode: -1n,
  };
}

/** `format` with a header of those tracks alone that the open fragment has frames of. */
export function withoutMissing(
  { header, sessionTracks }: FormatState,
  format: SessionFormat,
): SessionFormat {
  const missing = new Set(sessionTracks.filter(isMissing).map(({ number }) => number));
  const tracks = header.tracks.filter(({ number }) => !missing.has(number));
  const reduced = { ...header, tracks };
  return { ...format, header: reduced, headerBytes: encodeHeader(reduced) };
}

/** The open fragment has no frame of the track. */
export function isMissing({ frames }: SessionTrack): boolean {
  return frames === 0;
}

/** True when the same bytes go in front of fragments of both, and their times count from the same. */
export function isSameHeader(one: SessionFormat, other: SessionFormat): boolean {
  return (
    one.producerStartMs === other.producerStartMs &&
    Buffer.compare(one.headerBytes, other.headerBytes) === 0
  );
}

/** True when the session's header says the same of these tracks as their adapters do now. */
export function matches(state: FormatState, candidates: readonly Candidate[]): boolean {
  if (state.sessionTracks.length !== candidates.length) return false;
  return state.sessionTracks.every((sessionTrack, index) => {
    const candidate = candidates[index];
    return (
      candidate?.track === sessionTrack.track && !hasNewFormat(sessionTrack, candidate.adapter)
    );
  });
}

/** True when the adapter's format is another one than the header's. */
export function hasNewFormat(sessionTrack: SessionTrack, adapter: CodecAdapter): boolean {
  const { revision } = sessionTrack;
  if (sessionTrack.adapter === adapter && revision === adapter.formatRevision) return false;
  if (adapter.format === undefined || !sameFormat(sessionTrack.format, adapter.format)) return true;
  sessionTrack.adapter = adapter;
  sessionTrack.revision = adapter.formatRevision;
  return false;
}

function leadOf(sessionTracks: readonly SessionTrack[]): SessionTrack {
  return (sessionTracks.find(({ format }) => format.kind === 'video') ??
    sessionTracks[0]) as SessionTrack;
}
