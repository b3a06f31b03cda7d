import type { TimestampOrigin } from '../../fragments/timestamp-origin.ts';

/**
 * How a session's list of fragments grows. The first three are PlaybackMode of the API; `GROWING`
 * is the page's own: all there is, and on with what arrives.
 */
export type PlaybackMode = 'LIVE' | 'LIVE_REPLAY' | 'ON_DEMAND' | 'GROWING';

/** What a session was opened with. */
export type PlaybackSettings = {
  /** A token is good for the protocol that it was made for. */
  readonly protocol: 'HLS' | 'DASH';
  readonly mode: PlaybackMode;
  /** MPEG_TS is for HLS alone. */
  readonly container: 'FRAGMENTED_MP4' | 'MPEG_TS';
  readonly origin: TimestampOrigin;
  /** Epoch ms: fragments that start before it are left out. */
  readonly fromMs: number | undefined;
  /** Epoch ms: fragments that start after it are left out. */
  readonly untilMs: number | undefined;
  /** Of HLS. */
  readonly discontinuities: 'ALWAYS' | 'NEVER' | 'ON_DISCONTINUITY';
  /** Whether the playlist or manifest has each fragment's start. */
  readonly displayTimestamps: boolean;
  /** Whether the manifest has each fragment's number; of DASH. */
  readonly displayNumbers: boolean;
  readonly maxFragments: number;
  readonly expiresAtMs: number;
};
