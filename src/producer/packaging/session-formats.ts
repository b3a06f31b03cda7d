import { encodeHeader } from '../../matroska/header.ts';
import type { CodecAdapter, TrackFormat } from '../../media/codec/types.ts';
import type { SessionFormat } from '../../storage/types.ts';
import { sameFormat, type Track } from '../tracks/track.ts';

/** A track as a session has it. */
export type Member = {
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
  readonly members: readonly Member[];
  readonly lead: Member;
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

/** The track and adapter of a member to be, with what the adapter knows. */
export type Candidate = { readonly track: Track; readonly adapter: CodecAdapter };

/** Makes the header for these tracks, numbered in this order. */
export function makeFormat(
  candidates: readonly Candidate[],
  settings: HeaderSettings,
  epoch: number,
  producerStartMs: number | undefined,
): FormatState {
  const members = candidates.map(({ track, adapter }, index): Member => {
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
    tracks: members.map(({ number, track, format }) => ({
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
    members,
    lead: leadOf(members),
    epoch,
    lastTimecode: -1n,
  };
}

/** True when the session's header says the same of these tracks as their adapters do now. */
export function matches(state: FormatState, candidates: readonly Candidate[]): boolean {
  if (state.members.length !== candidates.length) return false;
  return state.members.every((member, index) => {
    const candidate = candidates[index];
    return candidate?.track === member.track && !hasNewFormat(member, candidate.adapter);
  });
}

/** True when the adapter's format is another one than the header's. */
export function hasNewFormat(member: Member, adapter: CodecAdapter): boolean {
  if (member.adapter === adapter && member.revision === adapter.formatRevision) return false;
  if (adapter.format === undefined || !sameFormat(member.format, adapter.format)) return true;
  member.adapter = adapter;
  member.revision = adapter.formatRevision;
  return false;
}

function leadOf(members: readonly Member[]): Member {
  return (members.find(({ format }) => format.kind === 'video') ?? members[0]) as Member;
}
