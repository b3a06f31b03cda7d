import type { CodecAdapter } from '../../media/codec/codec-adapter.ts';
import type { SessionFormat } from '../../storage/stored-fragment.ts';
import type { TimeCorrection } from '../../storage/time-correction.ts';
import { STREAM_LIMITS } from '../info/stream-limits.ts';
import type { PendingFrame, Track } from '../tracks/track.ts';
import { startOfFragment } from './fragment-start.ts';
import type { LeadHistory } from './lead-history.ts';
import {
  type Candidate,
  type FormatState,
  type HeaderSettings,
  hasNewFormat,
  isMissing,
  isSameHeader,
  makeFormat,
  matches,
  type SessionTrack,
  withoutMissing,
} from './session-formats.ts';
import type { SessionTimes } from './session-times.ts';

/** KVS takes no more tracks in a session. */
const MAX_SESSION_TRACKS = STREAM_LIMITS.trackCount;
/** A gap that covers this much of a new fragment leaves the track out of its session. */
const GAP_LEAVES_OUT_NS = 1_000_000_000n;

/**
 * Which tracks a session has, and in which formats: those that the next fragment will have frames
 * of, as far as can be known when it begins. Another line-up needs another header, and so another
 * session.
 */
export class SessionTracks {
  readonly #tracks: readonly Track[];
  readonly #header: HeaderSettings;
  readonly #times: SessionTimes;
  /** Of the newest fragment; undefined before the first. */
  state: FormatState | undefined;
  #corrected: TimeCorrection | undefined;
  /** What fragments got in place of a format with tracks that they had no frames of. */
  #reduced: SessionFormat | undefined;

  constructor(tracks: readonly Track[], header: HeaderSettings, times: SessionTimes) {
    this.#tracks = tracks;
    this.#header = header;
    this.#times = times;
  }

  /** The frames' clock was wrong: the next fragment may go back, or have another beginning. */
  corrected(correction: TimeCorrection): void {
    this.#corrected = correction;
  }

  get contentType(): string | undefined {
    return this.state?.sessionTracks.map(({ format }) => format.contentType).join(',');
  }

  of(track: Track): SessionTrack | undefined {
    const sessionTracks = this.state?.sessionTracks ?? [];
    for (const sessionTrack of sessionTracks) if (sessionTrack.track === track) return sessionTrack;
    return undefined;
  }

  /** True when a fragment with this frame cannot be part of the present session. */
  hasNewFormat(frame: PendingFrame, sessionTrack: SessionTrack): boolean {
    if (sessionTrack !== this.state?.lead) return hasNewFormat(sessionTrack, frame.adapter);
    return this.state.sessionTracks.some((m) => hasNewFormat(m, adapterOf(m.track, frame)));
  }

  /**
   * The session format of the fragment that begins with `frame`: the present one if it fits; and
   * when the fragment starts.
   */
  prepare(frame: PendingFrame, lead: LeadHistory): { state: FormatState; startNs: bigint } {
    const state = this.state;
    const times = this.#times;
    const candidates = this.#candidates(frame);
    const isNewTimeline = state !== undefined && frame.epoch > state.epoch && this.#mayLead(frame);
    if (isNewTimeline) for (const track of this.#tracks) track.rebaseNs = 0n;
    const startNs = startOfFragment(frame, this.#tracks, lead);
    const isCorrected = state !== undefined && this.#corrected !== undefined;
    const mayGoBack = isNewTimeline || isCorrected;
    const goesBack = mayGoBack && times.units(startNs) <= state.lastTimecode;
    const hasNewStart = isCorrected && !times.isAbsolute;
    this.#corrected = undefined;
    if (!times.hasStarted || (goesBack && !times.isAbsolute)) times.start(startNs);
    if (state === undefined || goesBack || hasNewStart || !matches(state, candidates)) {
      const made = makeFormat(candidates, this.#header, frame.epoch, times.producerStartMs);
      this.state = { ...made, format: this.#known(made.format) };
    }
    return { state: this.state as FormatState, startNs };
  }

  /**
   * The format of the open fragment at its end. The service refuses a fragment without frames of a
   * track that its header has (4011): where a track has stopped since the fragment began, it gets a
   * header without that track, with which it can be sent, or sent again.
   * @param format what it has
   */
  final(format: SessionFormat): SessionFormat {
    const { state } = this;
    if (state === undefined || !state.sessionTracks.some(isMissing)) return format;
    this.#reduced = this.#known(withoutMissing(state, format));
    return this.#reduced;
  }

  /** Fragments with the same header share a session only if they share the object. */
  #known(format: SessionFormat): SessionFormat {
    const reduced = this.#reduced;
    return reduced !== undefined && isSameHeader(reduced, format) ? reduced : format;
  }

  #mayLead(frame: PendingFrame): boolean {
    return this.state?.lead.track === frame.track || frame.track.kind === 'video';
  }

  /**
   * In the order of the stream's tracks, but the leading one first: players look for the picture in
   * track 1 and for the sound behind it, whichever of them the stream had first.
   */
  #candidates(frame: PendingFrame): Candidate[] {
    const candidates: Candidate[] = [{ track: frame.track, adapter: frame.adapter }];
    for (const track of this.#leavingFirst()) {
      if (track === frame.track || !this.#willHaveFrames(track, frame)) continue;
      const adapter = adapterOf(track, frame);
      learnFormat(track, adapter);
      if (adapter.format === undefined || candidates.length >= MAX_SESSION_TRACKS) continue;
      candidates.push({ track, adapter });
    }
    const place = ({ track, adapter }: Candidate): number =>
      this.#tracks.indexOf(track) + (adapter.format?.kind === 'video' ? 0 : this.#tracks.length);
    const [lead] = candidates.toSorted((a, b) => place(a) - place(b));
    return candidates.sort(
      (a, b) =>
        Number(b === lead) - Number(a === lead) ||
        this.#tracks.indexOf(a.track) - this.#tracks.indexOf(b.track),
    );
  }

  /** A removed track's last frames go before a track that takes its place. */
  #leavingFirst(): readonly Track[] {
    if (!this.#tracks.some(({ isRemoved }) => isRemoved)) return this.#tracks;
    return this.#tracks.toSorted((a, b) => Number(b.isRemoved) - Number(a.isRemoved));
  }

  #willHaveFrames(track: Track, frame: PendingFrame): boolean {
    if (track.adapter === undefined) return false;
    if (track.queue.length > 0) return true;
    if (track.flow !== 'flowing' || this.of(track) === undefined) return false;
    const { progressNs } = track;
    return progressNs === undefined || progressNs - frame.orderNs < GAP_LEAVES_OUT_NS;
  }
}

/** The adapter of the frame that the track has at the time of `frame`. */
function adapterOf(track: Track, frame: PendingFrame): CodecAdapter {
  if (track === frame.track) return frame.adapter;
  return track.queue[0]?.adapter ?? (track.adapter as CodecAdapter);
}

/** Some formats are only known once a frame was looked at. */
function learnFormat(track: Track, adapter: CodecAdapter): void {
  const head = track.queue[0];
  if (adapter.format !== undefined || head === undefined) return;
  try {
    adapter.plan(head.data);
  } catch {
    // It is reported when its turn comes.
  }
}
