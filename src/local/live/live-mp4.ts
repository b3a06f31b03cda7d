import type { ServerResponse } from 'node:http';
import { sendError } from '../http/reply.ts';
import { initSegment } from '../playback/fmp4/init-segment.ts';
import { mediaSegment, type Sample, type TrackRun } from '../playback/fmp4/media-segment.ts';
import { playable } from '../playback/fragment-media.ts';
import type { LiveFrame, LiveSource } from '../streams/live-feed.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import { type AudioTimes, audioTimes } from './audio-times.ts';

/** A player this far behind is cut off; it comes back and begins with the newest fragment. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** Microseconds. */
const TIMESCALE = 1_000_000;
/** Decode times lie before presentation times, and neither may be negative. */
const HEAD_START_MS = 2_000;
/** A pause this long, and much longer than a frame, is one that players leap over. */
const PAUSE = TIMESCALE;
const PAUSE_FRAMES = 4;
/** After so many groups without a B-frame, each frame goes out as it arrives again. */
const ORDERED_GROUPS = 10;

/** What is known of a track that is being sent. */
type TrackState = {
  readonly isVideo: boolean;
  /** Of an audio track whose frames have a known length. */
  readonly audioTimes: AudioTimes | undefined;
  /** Presentation time of the newest frame as the producer told it, in units. */
  newest: number;
  /** Between the last two frames, in units; undefined before the second one. */
  step: number | undefined;
  /** What is said of the newest frame's, in units. */
  duration: number;
  /**
   * When the next frame has to be decoded. Media Source Extensions take decode times that are more
   * than two durations apart for a discontinuity, and drop what follows up to the next key frame of
   * each track: after a few frames that a camera left out, the picture would stand still. Frames
   * are decoded early instead, until the decode times have caught up.
   */
  decodeBy: number | undefined;
  /** Frames of a group with B-frames, until it is whole. */
  group: Sample[];
};

/**
 * Sends a stream as endless fragmented MP4, one fragment per frame as it arrives: what the page
 * feeds to Media Source Extensions to be less than a second behind the camera. A stream with
 * B-frames goes out one group of pictures at a time instead, since a frame's decode time is not
 * known before its group is whole. Begins with the fragment being received, ends when the format
 * changes or the player is too slow; the player then comes again.
 */
export class LiveMp4 {
  readonly #response: ServerResponse;
  #source: LiveSource | undefined;
  #formatId: string | undefined;
  readonly #tracks = new Map<number, TrackState>();
  #baseMs = 0;
  #sequence = 0;
  #reordered = false;
  /** In a row, while `#reordered`. */
  #orderedGroups = 0;
  /** Nothing is sent until the next fragment that begins with a key frame. */
  #waiting = true;

  constructor(stream: LocalStream, response: ServerResponse) {
    this.#response = response;
    const take = (frame: LiveFrame): void => {
      if (response.destroyed || response.writableEnded) return;
      try {
        this.#onFrame(frame);
      } catch (error) {
        // A codec that cannot be played is this player's trouble, not the producer's.
        sendError(response, error);
      }
    };
    const unsubscribe = stream.live.subscribe({ frame: take });
    response.once('close', unsubscribe);
    for (const frame of stream.live.group) take(frame);
  }

  #onFrame(frame: LiveFrame): void {
    if (frame.startsFragment && frame.isKeyFrame) this.#onFragment(frame);
    if (this.#waiting || frame.source !== this.#source) return;
    const track = this.#tracks.get(frame.track.number);
    if (track === undefined) return;
    const { isKeyFrame, data } = frame;
    const pts = Math.round((frame.timestampMs - this.#baseMs + HEAD_START_MS) * 1000);
    if (track.isVideo && this.#reordered) {
      track.group.push({ pts, isKeyFrame, data });
      track.newest = Math.max(track.newest, pts);
      return;
    }
    if (track.newest === 0 || pts > track.newest) {
      this.#sendFrame(frame.track.number, track, { pts, isKeyFrame, data });
    } else if (track.isVideo && pts === track.newest) {
      // Two frames within a millisecond: a source that stamps them at arrival was held up.
      this.#sendFrame(frame.track.number, track, { pts: pts + 1, isKeyFrame, data });
    } else if (track.isVideo) {
      // A frame that is shown before one that came earlier: B-frames. Audio only repeats itself.
      this.#reordered = true;
      this.#orderedGroups = 0;
      this.#waiting = true;
    }
  }

  #sendFrame(number: number, track: TrackState, sample: Sample): void {
    const { newest, step: usual } = track;
    const step = newest > 0 ? sample.pts - newest : undefined;
    const isPause = usual !== undefined && (step ?? 0) > Math.max(PAUSE, PAUSE_FRAMES * usual);
    track.step = step;
    track.newest = sample.pts;
    const pts = track.audioTimes === undefined ? sample.pts : track.audioTimes.next(sample.pts);
    if (pts === undefined) return;
    if (step !== undefined && !isPause && track.audioTimes === undefined) track.duration = step;
    const decodeBy = isPause ? undefined : track.decodeBy;
    track.decodeBy = Math.min(pts, decodeBy ?? pts) + 2 * track.duration;
    const run = { track: number, samples: [{ ...sample, pts }], lastDuration: track.duration };
    this.#send(decodeBy === undefined ? run : { ...run, decodeBy });
  }

  /** A fragment begins with a key frame: here players may start, and sessions may change. */
  #onFragment(frame: LiveFrame): void {
    if (this.#formatId === undefined) {
      this.#begin(frame);
    } else if (frame.source.formatId !== this.#formatId) {
      this.#response.end();
      return;
    }
    this.#flushGroups();
    const newest = this.#tracks.get(frame.track.number)?.newest ?? 0;
    const pts = (frame.timestampMs - this.#baseMs + HEAD_START_MS) * 1000;
    // What a reconnecting producer sends again was already shown.
    const isOld = pts <= newest;
    if (isOld && frame.source === this.#source) return;
    if (!isOld) this.#source = frame.source;
    this.#waiting = isOld;
  }

  #begin(frame: LiveFrame): void {
    const { trackList, formatId } = frame.source;
    const tracks = playable(trackList, 'HLS');
    for (const track of tracks) {
      const times = audioTimes(track);
      this.#tracks.set(track.number, {
        isVideo: track.kind === 'video',
        audioTimes: times,
        newest: 0,
        step: undefined,
        duration: times?.durationUs ?? TIMESCALE / 25,
        decodeBy: undefined,
        group: [],
      });
    }
    this.#formatId = formatId;
    this.#baseMs = frame.timestampMs;
    const codecs = tracks.map((track) => track.codec).join(', ');
    this.#response.writeHead(200, {
      'content-type': `video/mp4; codecs="${codecs}"`,
      'cache-control': 'no-store',
    });
    this.#response.write(initSegment(tracks, TIMESCALE));
  }

  #flushGroups(): void {
    for (const [number, track] of this.#tracks) {
      const { group } = track;
      if (group.length === 0) continue;
      track.group = [];
      const times = group.map((sample) => sample.pts);
      const isOrdered = times.every((pts, i) => pts >= (times[i - 1] ?? 0));
      this.#orderedGroups = isOrdered ? this.#orderedGroups + 1 : 0;
      const span = Math.max(...times) - Math.min(...times);
      const each = group.length > 1 ? Math.round(span / (group.length - 1)) : track.duration;
      track.decodeBy = undefined;
      this.#send({ track: number, samples: group, lastDuration: each });
    }
    if (this.#orderedGroups >= ORDERED_GROUPS) this.#reordered = false;
  }

  #send(run: TrackRun): void {
    this.#sequence += 1;
    this.#response.cork();
    for (const part of mediaSegment(this.#sequence, [run])) this.#response.write(part);
    this.#response.uncork();
    if (this.#response.writableLength > MAX_BUFFERED_BYTES) this.#response.destroy();
  }
}
