import type { ElementConfig } from '../../../host/wire/wire.ts';

/** A fragment lasts from key frame to key frame; the service takes none that is longer. */
export const LONGEST_FRAGMENT_MS = 10_000;

/**
 * How long a probe waits for a second key frame: so long that the one after a fragment of full length
 * would have come, behind an encoder that holds frames back for three seconds.
 */
export const KEY_FRAME_WAIT_MS = LONGEST_FRAGMENT_MS + 3_000;

/** What has come to one track of kvssink while the probe ran. */
export type TrackReport = {
  /** Name of the element, where the pipeline has several. */
  readonly element: string;
  readonly track: number;
  /** GStreamer's media type, e.g. `video/x-h264`; empty when no caps came. */
  readonly mediaType: string;
  /** `byte-stream`, `avc`, …, and `au` or `nal`, as the caps have them. */
  readonly streamFormat: string | undefined;
  readonly alignment: string | undefined;
  /** From the parameter sets. */
  readonly profile: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly isLive: boolean;
  readonly frames: number;
  readonly keyFrames: number;
  readonly bytes: number;
  /** Between the first and the last frame. */
  readonly spanMs: number;
  /** Between two key frames, at most. */
  readonly longestKeyIntervalMs: number;
  /** From the last key frame, or where there is none from the first frame, to the end. */
  readonly sinceKeyMs: number;
  /** Frames that are shown before one that came earlier: B-frames were between. */
  readonly reordered: number;
  /** Times that lie seconds before the one in front. */
  readonly jumpsBack: number;
  readonly withoutPts: number;
  /** Why the caps, or the first frame that could not be read, cannot be used. */
  readonly unreadable: { readonly text: string; readonly advice: string } | undefined;
};

/** What the probe's process tells. The configuration holds secrets: it goes nowhere else. */
export type ProbeMessage =
  | { readonly kind: 'element'; readonly config: ElementConfig }
  | { readonly kind: 'failed'; readonly text: string; readonly debug: string }
  | { readonly kind: 'done'; readonly tracks: readonly TrackReport[]; readonly atEnd: boolean };
