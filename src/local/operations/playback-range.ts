import type { StreamRecord } from '../data-folder/stream-record.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { TimestampOrigin } from '../fragments/timestamp-origin.ts';
import { readFragmentMedia } from '../playback/fragment-media.ts';
import type { PlaybackSession } from '../playback/sessions/playback-session.ts';
import type { PlaybackMode, PlaybackSettings } from '../playback/sessions/playback-settings.ts';
import * as members from '../validation/members.ts';
import { structure, timestamp, type ValueOf } from '../validation/shapes.ts';

const HOUR_MS = 3_600_000;
const MAX_RANGE_MS = 24 * HOUR_MS;
/** A live session needs a fragment of the last half minute (ResourceNotFoundException). */
const LIVE_WITHIN_MS = 30_000;

/** HLSFragmentSelector and DASHFragmentSelector. */
export const playbackSelector = structure({
  FragmentSelectorType: members.timestampOrigin,
  TimestampRange: structure({ StartTimestamp: timestamp, EndTimestamp: timestamp }),
});

/** The fragments that are meant. */
export type PlaybackRange = Pick<PlaybackSettings, 'origin' | 'fromMs' | 'untilMs'>;

/**
 * What a selector means for a playback mode.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_HLSTimestampRange.html
 * @throws ServiceError InvalidArgumentException where it breaks the mode's rules.
 */
export function playbackRange(
  mode: PlaybackMode,
  selector: ValueOf<typeof playbackSelector> | undefined,
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

/**
 * Throws what is wrong with a session's media while there is still someone to tell.
 * @throws ServiceError ResourceNotFoundException when there is none, and as readFragmentMedia.
 */
export async function requireMedia(session: PlaybackSession): Promise<void> {
  const { stream, settings, entries, openedMs } = session;
  const { newest } = stream.fragments;
  const [first] = entries;
  const record = first && (await stream.fragments.current(first.number));
  if (record === undefined || newest === undefined || isTooOld(settings.mode, newest, openedMs)) {
    const awsText = 'No fragments found in the stream for the streaming request.';
    const message = settings.mode === 'LIVE' ? `${awsText} None in the last 30 seconds.` : awsText;
    throw new ServiceError('ResourceNotFoundException', message, { awsText });
  }
  await readFragmentMedia(stream.fragments, record, settings.protocol);
}

function isTooOld(mode: PlaybackMode, newest: FragmentRecord, nowMs: number): boolean {
  return mode === 'LIVE' && newest.serverTimestampMs < nowMs - LIVE_WITHIN_MS;
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}
