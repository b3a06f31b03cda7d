import type { ServerResponse } from 'node:http';
import { sendError } from '../http/reply.ts';
import { initSegment } from '../playback/fmp4/init-segment.ts';
import { mediaSegment, type Sample } from '../playback/fmp4/media-segment.ts';
import { playable } from '../playback/fragment-media.ts';
import type { LiveFrame, LiveSource } from '../streams/live-feed.ts';
import type { LocalStream } from '../streams/local-stream.ts';

/** A player this far behind is cut off; it comes back and begins with the newest fragment. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** Microseconds. */
const TIMESCALE = 1_000_000;
/** Decode times lie before presentation times, and neither may be negative. */
const HEAD_START_MS = 2_000;

/** What is known of a track that is being sent. */
type TrackState = {
  readonly isVideo: boolean;
  /** Presentation time of the newest frame, in units. */
  newest: number;
  /** Between the last two frames, in units. */
  duration: number;
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
    const pts = Math.round((frame.timestampMs - this.#baseMs + HEAD_START_MS) * 1000);
    const sample = { pts, isKeyFrame: frame.isKeyFrame, data: frame.data };
    const step = pts - track.newest;
    if (track.isVideo && this.#reordered) {
      track.group.push(sample);
      track.newest = Math.max(track.newest, pts);
      return;
    }
    if (step <= 0 && track.newest > 0) {
      // A frame that is shown before one that came earlier: B-frames. Audio only repeats itself.
      if (!track.isVideo) return;
      this.#reordered = true;
      this.#waiting = true;
      return;
    }
    if (track.newest > 0) track.duration = step;
    track.newest = pts;
    this.#send(frame.track.number, [sample], track.duration);
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
    for (const { number, kind } of tracks) {
      const duration = TIMESCALE / 25;
      this.#tracks.set(number, { isVideo: kind === 'video', newest: 0, duration, group: [] });
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
      const span = Math.max(...times) - Math.min(...times);
      const each = group.length > 1 ? Math.round(span / (group.length - 1)) : track.duration;
      this.#send(number, group, each);
    }
  }

  #send(track: number, samples: readonly Sample[], lastDuration: number): void {
    this.#sequence += 1;
    this.#response.cork();
    for (const part of mediaSegment(this.#sequence, [{ track, samples, lastDuration }])) {
      this.#response.write(part);
    }
    this.#response.uncork();
    if (this.#response.writableLength > MAX_BUFFERED_BYTES) this.#response.destroy();
  }
}
