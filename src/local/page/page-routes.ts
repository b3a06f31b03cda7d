import type { ServerResponse } from 'node:http';
import { requireLocal } from '../access/page-access.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { PageHandler } from '../http/request-handler.ts';
import { LiveMp4 } from '../live/live-mp4.ts';
import type { Meters } from '../live/meters.ts';
import type { MetricsHandler } from '../metrics/metrics-routes.ts';
import type { ServiceContext } from '../operations/service-context.ts';
import { serveDash } from '../playback/dash/dash-routes.ts';
import { serveHls } from '../playback/hls/hls-routes.ts';
import { splitTarget } from '../sigv4/canonical.ts';
import { type Asset, asset } from './assets.ts';
import { PAGE_API } from './page-api.ts';

/** Everything that is fetched with GET: the page, its numbers, its media, and HLS sessions. */
export function createPageHandler(
  context: ServiceContext,
  meters: Meters,
  metrics: MetricsHandler,
): PageHandler {
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
    // Whether it answers may be known to all, unlike figures, which name streams.
    if (path === '/metrics') requireLocal(request);
    if (await metrics(path, response)) return true;
    // Nothing below has a head without a body.
    if (request.method === 'HEAD') return false;
    const live = /^\/live\/([^/]+)\.mp4$/.exec(path)?.[1];
    if (live !== undefined) {
      requireLocal(request);
      const stream = context.streams.find({ StreamName: decoded(live) });
      new LiveMp4(stream, response);
      return true;
    }
    const answer = PAGE_API.get(path);
    if (answer === undefined) return false;
    requireLocal(request);
    await answer({ context, meters, query, request, response });
    return true;
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
