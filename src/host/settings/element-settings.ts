import type { LogLevel } from '../log/log-level.ts';
import type { TimestampSettings } from '../times/timestamp-mapper.ts';
import type { ElementConfig } from '../wire/wire.ts';
import { PROPERTIES } from './properties.ts';
import { type PropertyValues, readProperties } from './read.ts';

/** What it is on the bus when the end of the stream finds frames that were not acknowledged. */
export type OnLoss = PropertyValues['host']['onLoss'];

/**
 * What an element's properties, and the media it has, come to: the core's own descriptions as far
 * as properties decide them, and what the host itself has to know.
 */
export type ElementSettings = Omit<PropertyValues, 'stream' | 'host'> & {
  readonly stream: PropertyValues['stream'] & {
    /** What is done when the machine's clock turns out to be wrong. */
    readonly clockErrors: 'ignore' | 'report' | 'correct';
  };
  readonly host: Pick<
    PropertyValues['host'],
    | 'codecId'
    | 'fragmentMetadata'
    | 'getKvsMetrics'
    | 'logConfig'
    | 'metricsIntervalMs'
    | 'onLoss'
    | 'useOriginalPts'
  > & {
    /** Of the first video track, or of an element's only track. */
    readonly trackName: string;
    readonly timestamps: TimestampSettings;
    /** Lines below this level are not sent to the element. */
    readonly logLevel: LogLevel;
  };
};

/** Upstream raises the view to this many frames a second when there is audio. */
const MIN_AUDIO_FRAMERATE = 100;

/** Turns OPEN into settings. Never throws: what is wrong is reported when it is used. */
export function readSettings({ properties, pads, startsNow }: ElementConfig): ElementSettings {
  const values = readProperties(properties);
  const { stream, client, host } = values;
  const hasAudio = pads.some(({ kind }) => kind === 'audio');
  const isAudioOnly = hasAudio && !pads.some(({ kind }) => kind === 'video');
  const isOffline = stream.streamingType === 'offline';
  const { fileStartTimeS, frameTimestamp, logLevel } = host;
  // Offline with a start time has absolute times by definition, as upstream forces it.
  const absoluteFragmentTimes =
    stream.absoluteFragmentTimes || (isOffline && fileStartTimeS !== 0n);
  // Offline, times may begin when the element was made, and relative ones when the first frame comes.
  const beginsNow = startsNow === true || !absoluteFragmentTimes;
  const hasClockTimes = !host.useOriginalPts && (!isOffline || beginsNow);
  return {
    ...values,
    stream: {
      ...stream,
      keyFrameFragmentation: !isAudioOnly && stream.keyFrameFragmentation,
      absoluteFragmentTimes,
      clockErrors: clockErrors(hasClockTimes, host.correctClock),
      frameRate: hasAudio ? Math.max(stream.frameRate, MIN_AUDIO_FRAMERATE) : stream.frameRate,
    },
    client: {
      ...client,
      // A connection is a part of a call.
      serviceCallConnectionTimeoutMs: Math.min(
        client.serviceCallConnectionTimeoutMs,
        client.serviceCallCompletionTimeoutMs,
      ),
    },
    host: {
      ...host,
      // Upstream names the track of an audio-only stream `audio`, whatever the property says.
      trackName: isAudioOnly ? 'audio' : (host.trackName ?? PROPERTIES['track-name'].default),
      timestamps: {
        streamingType: stream.streamingType,
        fileStartTimeS,
        frameTimestamp,
        frameIntervalNs: BigInt(Math.round(1e9 / stream.frameRate)),
      },
      // The element says what `auto` stands for; only a fake one does not.
      logLevel: logLevel === 'auto' ? 'info' : logLevel,
    },
  };
}

/** Where times are not the machine's, its errors do not matter. */
function clockErrors(
  hasClockTimes: boolean,
  corrects: boolean,
): ElementSettings['stream']['clockErrors'] {
  if (!hasClockTimes) return 'ignore';
  return corrects ? 'correct' : 'report';
}
