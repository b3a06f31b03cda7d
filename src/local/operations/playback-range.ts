import type { StreamRecord } from '../data-folder/stream-record.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { TimestampOrigin } from '../fragments/timestamp-origin.ts';
import type { PlaybackMode, PlaybackSettings } from '../playback/sessions/playback-settings.ts';
import * as members from '../validation/members.ts';
import { structure, timestamp, type ValueOf } from '../validation/shapes.ts';

const HOUR_MS = 3_600_000;
const MAX_RANGE_MS = 24 * HOUR_MS;

/** HLSFragmentSelector and DASHFragmentSelector. */
export const playbackSelector = structure({
  FragmentSelectorType: members.timestampOrigin,
  TimestampRange: structure({ StartTimestamp: timestamp, EndTimestamp: timestamp }),
});

/** A selector as it came. */
export type PlaybackSelector = ValueOf<typeof playbackSelector>;

/** The fragments that are meant. */
export type PlaybackRange = Pick<PlaybackSettings, 'origin' | 'fromMs' | 'untilMs'>;

/**
 * What a selector means for a playback mode.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_HLSTimestampRange.html
 * @throws ServiceError InvalidArgumentException where it breaks the mode's rules.
 */
export function playbackRange(
  mode: PlaybackMode,
  selector: PlaybackSelector | undefined,
  stream: StreamRecord,
  nowMs: number,
): PlaybackRange {
  const range = selector?.TimestampRange;
  const origin = selector?.FragmentSelectorType;
  if (mode === 'LIVE') {
    if (range !== undefined) {
      throw invalid('TimestampRange must not be set when PlaybackMode is LIVE.');
    }
    return { origin: origin ?? 'SERVER_TIMESTAMP', fromMs: undefined, untilMs: undefined };
  }
  const { StartTimestamp: fromMs, EndTimestamp: untilMs } = range ?? {};
  if (origin === undefined || fromMs === undefined) {
    throw invalid(
      `FragmentSelectorType and a StartTimestamp are required when PlaybackMode is ${mode}.`,
    );
  }
  if (mode === 'ON_DEMAND' && untilMs === undefined) {
    throw invalid('EndTimestamp is required when PlaybackMode is ON_DEMAND.');
  }
  checkRange(origin, fromMs, untilMs, stream, nowMs);
  return { origin, fromMs, untilMs };
}

/**
 * The rules that ranges of sessions and clips have in common.
 * @throws ServiceError InvalidArgumentException
 */
export function checkRange(
  origin: TimestampOrigin,
  fromMs: number,
  untilMs: number | undefined,
  { retentionHours }: StreamRecord,
  nowMs: number,
): void {
  if (untilMs !== undefined && untilMs <= fromMs) {
    throw invalid('EndTimestamp must be later than StartTimestamp.');
  }
  if (untilMs !== undefined && untilMs - fromMs > MAX_RANGE_MS) {
    throw invalid('EndTimestamp must be within 24 hours of StartTimestamp.');
  }
  if (origin !== 'SERVER_TIMESTAMP') return;
  if (untilMs !== undefined && untilMs > nowMs) {
    throw invalid('EndTimestamp must be in the past when timestamps are the server’s.');
  }
  if (fromMs < nowMs - retentionHours * HOUR_MS) {
    throw invalid('StartTimestamp must be later than the stream head.');
  }
}

/**
 * Playback needs a stream that retains its data.
 * @throws ServiceError NoDataRetentionException
 */
export function requireRetention({ name, retentionHours }: StreamRecord): void {
  if (retentionHours > 0) return;
  throw new ServiceError('NoDataRetentionException', `The stream '${name}' does not retain data.`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}
