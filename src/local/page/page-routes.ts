import type { ServerResponse } from 'node:http';
import { requireLocal } from '../access/page-access.ts';
import { ServiceError } from '../errors/service-error.ts';
import { sendJson } from '../http/reply.ts';
import type { PageHandler } from '../http/request-handler.ts';
import { sendEvents } from '../live/event-stream.ts';
import { LiveMp4 } from '../live/live-mp4.ts';
import type { Meters } from '../live/meters.ts';
import type { ServiceContext } from '../operations/service-context.ts';
import { serveDash } from '../playback/dash/dash-routes.ts';
import { masterPlaylistPath, serveHls } from '../playback/hls/hls-routes.ts';
import { splitTarget } from '../sigv4/canonical.ts';
import { LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY } from '../sigv4/credential-store.ts';
import { type Asset, asset } from './assets.ts';

/** How long a recording that was opened in the page can be watched. */
const RECORDING_SESSION_MS = 12 * 3_600_000;
/** What of a recording is opened unless a time is asked for. */
const RECORDING_WINDOW_MS = 3_600_000;
/** As many as a session of the API may have: 1.3 MB of playlist. */
const MAX_RECORDING_FRAGMENTS = 5000;

/** Everything that is fetched with GET: the page, its numbers, its media, and HLS sessions. */
export function createPageHandler(context: ServiceContext, meters: Meters): PageHandler {
  return async (path, request, response) => {
    const query = new URLSearchParams(splitTarget(request.url ?? '').query);
    if (await serveHls(path, query, context.playback, response)) return true;
    if (await serveDash(path, query, context.playback, response)) return true;
    const file = await asset(path);
    if (file !== undefined) {
      requireLocal(request);
      sendAsset(response, file, request.method === 'HEAD');
      return true;
    }
    // Nothing below has a head without a body.
    if (request.method === 'HEAD') return false;
    const live = /^\/live\/([^/]+)\.mp4$/.exec(path)?.[1];
    if (live !== undefined) {
      requireLocal(request);
      const stream = context.streams.find({ StreamName: decoded(live) });
      new LiveMp4(stream, response);
      return true;
    }
    switch (path) {
      case '/api/streams':
        requireLocal(request);
        sendJson(response, 200, { streams: meters.report() });
        return true;
      case '/api/events':
        requireLocal(request);
        sendEvents(response, meters, context.clock);
        return true;
      case '/api/service':
        requireLocal(request);
        sendJson(response, 200, { localKey: localKey(context) });
        return true;
      case '/api/recording':
        requireLocal(request);
        sendJson(response, 200, { url: await openRecording(context, query) });
        return true;
      default:
        return false;
    }
  };
}

/** @throws ServiceError InvalidArgumentException for what is not percent-encoded UTF-8 */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    const message = `"${part.slice(0, 200)}" is not percent-encoded.`;
    throw new ServiceError('InvalidArgumentException', message, { cause });
  }
}

/**
 * An HLS session over a window of what is kept of a stream, growing while it is being watched: from
 * `from` on (epoch ms), or else the last hour, until `until` if that is there. However much is
 * stored, a player that fetches the playlist every few seconds gets a short one.
 */
async function openRecording(context: ServiceContext, query: URLSearchParams): Promise<string> {
  const stream = context.streams.find({ StreamName: query.get('stream') ?? '' });
  await stream.fragments.ready();
  const { newest } = stream.fragments;
  const endMs = newest === undefined ? 0 : newest.producerTimestampMs + newest.durationMs;
  const session = await context.playback.open(stream, {
    protocol: 'HLS',
    mode: 'GROWING',
    container: 'FRAGMENTED_MP4',
    origin: 'PRODUCER_TIMESTAMP',
    fromMs: timeIn(query, 'from') ?? endMs - RECORDING_WINDOW_MS,
    untilMs: timeIn(query, 'until'),
    discontinuities: 'ON_DISCONTINUITY',
    displayTimestamps: true,
    displayNumbers: false,
    maxFragments: MAX_RECORDING_FRAGMENTS,
    expiresAtMs: context.clock.nowMs() + RECORDING_SESSION_MS,
  });
  return masterPlaylistPath(session);
}

/** @throws ServiceError InvalidArgumentException for what is no time */
function timeIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (text !== '' && Number.isFinite(value)) return value;
  const message = `"${name}" is "${text.slice(0, 50)}"; it must be epoch milliseconds.`;
  throw new ServiceError('InvalidArgumentException', message);
}

/** The well-known key, where the service takes it; no other is ever shown. */
function localKey({ verifier }: ServiceContext): Record<string, string> | null {
  const known = verifier.credentials.get(LOCAL_ACCESS_KEY_ID)?.secretAccessKey;
  if (known !== LOCAL_SECRET_ACCESS_KEY) return null;
  return { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: LOCAL_SECRET_ACCESS_KEY };
}

function sendAsset(response: ServerResponse, { type, bytes }: Asset, headOnly: boolean): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-cache',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
      "connect-src 'self'; media-src 'self' blob:; worker-src blob:; base-uri 'none'; " +
      "form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  response.end(headOnly ? undefined : bytes);
}
