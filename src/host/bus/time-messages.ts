import { KvsError } from '../../errors/kvs-error.ts';
import type { StreamEvents } from '../../producer/events/events.ts';
import type { TimeLeap, UntimedFrames } from '../times/time-events.ts';
import {
  formatStructure,
  gstBoolean,
  gstInt64,
  gstString,
  gstUint,
  gstUint64,
} from './gst-structure.ts';

const NS_PER_S = 1e9;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** kvs-time-leap. */
export function leapStructure(stream: string, leap: TimeLeap, leaps: number): string {
  return formatStructure('kvs-time-leap', {
    stream: gstString(stream),
    track: gstUint(leap.track),
    'before-ns': gstUint64(notNegative(leap.beforeNs)),
    'after-ns': gstUint64(notNegative(leap.afterNs)),
    treatment: gstString(leap.treatment),
    leaps: gstUint(leaps),
  });
}

/** kvs-untimed-frames. */
export function untimedStructure(stream: string, untimed: UntimedFrames, frames: number): string {
  return formatStructure('kvs-untimed-frames', {
    stream: gstString(stream),
    track: gstUint(untimed.track),
    cause: gstString(untimed.cause),
    'stamped-by': gstString(untimed.by),
    'interval-ns': untimed.by === 'frame-rate' ? gstUint64(untimed.intervalNs) : undefined,
    frames: gstUint(frames),
  });
}

/** kvs-clock-error. */
export function clockStructure(stream: string, error: StreamEvents['clockError']): string {
  return formatStructure('kvs-clock-error', {
    stream: gstString(stream),
    'by-ms': gstInt64(BigInt(error.byMs)),
    because: gstString(error.because),
    corrected: gstBoolean(error.isCorrected),
    'corrected-fragments': gstUint(error.correctedFragments),
    'sent-fragments': gstUint(error.sentFragments),
  });
}

/** What the WARNING says of a clock that is wrong. */
export function clockWarning(error: StreamEvents['clockError']): KvsError {
  const { byMs, because, isCorrected, sentFragments } = error;
  const amount = `${span(Math.abs(byMs))} ${byMs > 0 ? 'behind' : 'ahead'}`;
  const what =
    because === 'service'
      ? `This machine's clock was ${amount} when the stream began, the service says`
      : `This machine's clock was set: it was ${amount} when the stream began`;
  const sent =
    sentFragments === 0 ? '' : `; ${sentFragments} fragments were sent with the wrong time`;
  return isCorrected
    ? new KvsError(
        'STATUS_ACK_ERR_INVALID_PRODUCER_TIMESTAMP',
        `${what}. The stream continues at the correct time${sent}`,
        { advice: 'Set the clock before the pipeline starts (NTP).' },
      )
    : new KvsError(
        'STATUS_ACK_ERR_INVALID_PRODUCER_TIMESTAMP',
        `${what}. The stream keeps its timestamps`,
        { advice: 'Set the clock before the pipeline starts (NTP), or correct-clock=true.' },
      );
}

/** What a leap's WARNING says. */
export function leapWarning({ track, beforeNs, afterNs, treatment }: TimeLeap): KvsError {
  const leap = `The source's timestamps jumped from ${seconds(beforeNs)} to ${seconds(afterNs)} on track ${track}`;
  switch (treatment) {
    case 'arrival':
      return warning(`${leap}: the stream continues at the time of arrival, in a new fragment`, '');
    case 'wrap':
      return warning(`${leap}, where its counter wraps: the stream continues without a gap`, '');
    case 'kept':
      return warning(`${leap}: media time is kept, with the gap`, '');
    case 'behind-stored':
      return warning(
        `${leap}: the stream continues after what was sent`,
        'If the source is a live one, set is-live on it.',
      );
  }
}

/** What the WARNING says of frames that have no timestamps of their own. */
export function untimedWarning({
  track,
  cause,
  by,
  intervalNs,
  isAssumed,
}: UntimedFrames): KvsError {
  const what =
    cause === 'missing'
      ? `The frames of track ${track} have no timestamps`
      : `The frames of track ${track} have the same timestamp repeatedly`;
  if (by === 'arrival') {
    return new KvsError(
      'STATUS_MKV_INVALID_FRAME_TIMESTAMP',
      `${what}: each gets the time of its arrival`,
      { advice: 'For exact times let the source set a PTS (appsrc: do-timestamp=true).' },
    );
  }
  const rate = (NS_PER_S / Number(intervalNs)).toFixed(3).replace(/\.?0+$/, '');
  return new KvsError(
    'STATUS_MKV_INVALID_FRAME_TIMESTAMP',
    isAssumed
      ? `${what}: ${rate} frames a second are assumed`
      : `${what}: they follow each other at ${rate} frames a second, as the caps say`,
    {
      advice: isAssumed
        ? "If that is not their rate, set framerate in the source's caps, or the property framerate."
        : 'If that is not their rate, set framerate in the caps in front of the element.',
    },
  );
}

function warning(message: string, advice: string): KvsError {
  return new KvsError('STATUS_CONTENT_VIEW_INVALID_TIMESTAMP', message, { advice });
}

/** Six years in seconds say nothing to anybody. */
function span(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.round(ms / DAY_MS)} days`;
  return ms >= 2 * HOUR_MS ? `${(ms / HOUR_MS).toFixed(1)} h` : `${(ms / 1000).toFixed(1)} s`;
}

function seconds(ns: bigint): string {
  return `${(Number(ns) / NS_PER_S).toFixed(3)} s`;
}

function notNegative(ns: bigint): bigint {
  return ns < 0n ? 0n : ns;
}
