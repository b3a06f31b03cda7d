import { KvsError } from '../../../errors/kvs-error.ts';
import type { TrackDescription } from '../../../media/codec/codec-adapter.ts';
import { counted } from '../../process/counted.ts';
import { type InputFrame, keptFrame } from '../media/input-frame.ts';
import type { MediaHandlers } from '../media/media-file.ts';
import type { DemuxedFrame } from './demuxed-frame.ts';
import { DemuxedTrack } from './demuxed-track.ts';
import { sentDescription } from './sent-codecs.ts';
import { headerOf } from './track-header.ts';

/**
 * A header names all tracks, but that there is a track shows only with its first frame: so much is
 * looked at before the first header. A track that begins later is added by another header.
 */
const LOOK_AHEAD_NS = 1_000_000_000n;
const LOOK_AHEAD_BYTES = 16 * 1024 * 1024;

/** What the frames of a file's beginning wait for, or that the header is out. */
type State =
  | { readonly kind: 'looking'; readonly frames: InputFrame[]; bytes: number; startNs: bigint }
  | { readonly kind: 'sending' };

/** What the tracks of a file need to know of it. */
export type DemuxedTracksOptions = {
  readonly handlers: MediaHandlers;
  /** The file as its user knows it. */
  readonly label: string;
  /** Whether frames may come without a presentation time. */
  readonly lacksTimes: boolean;
  /** Pictures per second where the file has no timestamps. */
  readonly frameRate: number | undefined;
};

/** The tracks of a file that is no Matroska: their frames become those of one. */
export class DemuxedTracks {
  /** When the file says it was made, epoch ms. */
  createdMs: number | undefined;
  /** How long the file says it lasts. */
  durationMs: number | undefined;
  readonly notes: Set<string> = new Set();
  readonly #options: DemuxedTracksOptions;
  readonly #tracks = new Map<string, DemuxedTrack>();
  #state: State = { kind: 'looking', frames: [], bytes: 0, startNs: 0n };

  constructor(options: DemuxedTracksOptions) {
    this.#options = options;
  }

  /**
   * What a track's next frames are.
   * @param id the demuxer's
   * @throws KvsError STATUS_FORMAT_ERROR for sound or pictures that have to be encoded anew
   */
  describe(id: string, description: TrackDescription): void {
    const sent = sentDescription(description);
    if (sent === undefined) {
      if (description.kind !== 'other') throw this.#notSent(description);
      this.notes.add(`A track of ${description.mediaType} is not sent: KVS takes video and audio`);
      return;
    }
    const track = this.#tracks.get(id);
    if (track !== undefined) {
      track.describe(sent);
      return;
    }
    const number = this.#tracks.size + 1;
    this.#tracks.set(id, new DemuxedTrack(sent, { ...this.#options, number }));
  }

  /** Takes a track's next frame. Those of tracks that are not sent are left out. */
  take(id: string, frame: DemuxedFrame): void {
    const track = this.#tracks.get(id);
    const lostBefore = track?.lost;
    const adapted = track?.adapt(frame);
    if (track === undefined || adapted === undefined) {
      if (lostBefore !== track?.lost && this.#state.kind === 'sending') {
        this.#options.handlers.gap();
      }
      return;
    }
    this.#takeFormat(track);
    if (this.#state.kind === 'looking') this.#keep(this.#state, adapted);
    else this.#options.handlers.frame(adapted);
  }

  /** The file has ended. @throws KvsError STATUS_TRACK_INFO_MISSING where nothing can be sent */
  finish(): void {
    this.#begin();
  }

  /** Sentences about the frames that were left out. */
  get losses(): string[] {
    const losses: string[] = [];
    for (const { lost, whyLost, number } of this.#tracks.values()) {
      if (lost > 0) {
        losses.push(`${counted(lost, 'frame')} of track ${number} were left out: ${whyLost}`);
      }
    }
    return losses;
  }

  #takeFormat(track: DemuxedTrack): void {
    const { change } = track;
    if (change === 'none') return;
    // What waits is of the format before.
    if (change === 'other') this.#begin();
    track.acceptFormat();
    if (this.#state.kind === 'sending') this.#options.handlers.change(this.#header());
  }

  #keep(state: Extract<State, { kind: 'looking' }>, frame: InputFrame): void {
    if (state.frames.length === 0) state.startNs = frame.ptsNs;
    state.frames.push(keptFrame(frame));
    state.bytes += frame.data.length;
    const hasSeenEnough =
      frame.ptsNs - state.startNs > LOOK_AHEAD_NS || state.bytes > LOOK_AHEAD_BYTES;
    if (hasSeenEnough) this.#begin();
  }

  #begin(): void {
    if (this.#state.kind !== 'looking') return;
    const { frames } = this.#state;
    this.#state = { kind: 'sending' };
    const { handlers } = this.#options;
    handlers.header(this.#header(), { createdMs: this.createdMs, durationMs: this.durationMs });
    for (const frame of frames) handlers.frame(frame);
  }

  #header(): ReturnType<typeof headerOf> {
    return headerOf(
      [...this.#tracks.values()].flatMap(({ number, format }) =>
        format === undefined ? [] : [{ number, format }],
      ),
    );
  }

  #notSent({ kind, mediaType }: TrackDescription): KvsError {
    const what = kind === 'video' ? 'pictures' : 'sound';
    const encoding = kind === 'video' ? '-c:v libx264 -c:a aac' : '-c:v copy -c:a aac';
    const without =
      kind === 'video' ? '' : ' With -an in place of -c:a aac, the sound is left out.';
    return new KvsError('STATUS_FORMAT_ERROR', `KVS does not take its ${what} (${mediaType})`, {
      advice:
        `Encode it anew: ffmpeg -i ${quoted(this.#options.label)} ${encoding} -f matroska - | ` +
        `kvs-launch put --stream-name NAME -${without ? `\n${without.trim()}` : ''}`,
    });
  }
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./:@%+=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
