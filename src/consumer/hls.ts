import { KvsError } from '../errors/kvs-error.ts';
import type { ConsumerContext } from './calls/consumer-context.ts';
import type { HlsOptions, HlsSession } from './consumer-options.ts';

const DEFAULT_EXPIRES_SECONDS = 3_600;
/** The most that a session of a range can have; the service's default is 1,000. */
const MAX_FRAGMENTS = 5_000;
/** An answer has one URL. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** GetHLSStreamingSessionURL. */
export async function openHlsSession(
  options: HlsOptions,
  signal: AbortSignal,
  { calls, limits, clock }: ConsumerContext,
): Promise<HlsSession> {
  const { expiresSeconds = DEFAULT_EXPIRES_SECONDS } = options;
  const openedMs = clock.nowMs();
  const input = { ...selectorOf(options), ContainerFormat: 'FRAGMENTED_MP4' };
  const answer = await calls.open(
    'GET_HLS_STREAMING_SESSION_URL',
    { ...input, Expires: expiresSeconds },
    limits,
    signal,
  );
  let text = '';
  for await (const chunk of answer) {
    text += chunk.toString('utf8');
    if (text.length > MAX_ANSWER_BYTES) break;
  }
  return { url: urlOf(text), expires: new Date(openedMs + expiresSeconds * 1_000) };
}

function selectorOf({ from, to, by = 'producer' }: HlsOptions): Record<string, unknown> {
  const type = by === 'server' ? 'SERVER_TIMESTAMP' : 'PRODUCER_TIMESTAMP';
  if (from === undefined) {
    if (to === undefined) return { PlaybackMode: 'LIVE' };
    throw new KvsError('STATUS_INVALID_ARG', 'A range that ends has to begin', {
      advice: 'Give the time of its begin as well.',
    });
  }
  return {
    PlaybackMode: to === undefined ? 'LIVE_REPLAY' : 'ON_DEMAND',
    HLSFragmentSelector: {
      FragmentSelectorType: type,
      TimestampRange: {
        StartTimestamp: from.getTime() / 1_000,
        ...(to === undefined ? {} : { EndTimestamp: to.getTime() / 1_000 }),
      },
    },
    DiscontinuityMode: 'ON_DISCONTINUITY',
    MaxMediaPlaylistFragmentResults: MAX_FRAGMENTS,
  };
}

function urlOf(text: string): string {
  let url: unknown;
  try {
    url = (JSON.parse(text) as Record<string, unknown> | null)?.['HLSStreamingSessionURL'];
  } catch {
    // What is no JSON has no URL.
  }
  if (typeof url === 'string' && URL.canParse(url)) return url;
  throw new KvsError(
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    'GetHLSStreamingSessionURL answered without a URL',
  );
}
