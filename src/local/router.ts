import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AccessPolicy } from './access/access-policy.ts';
import { admitOrigin, answerPreflight } from './access/cross-origin.ts';
import { requireOwnName } from './access/host-check.ts';
import { handleApi } from './api.ts';
import { ServiceError } from './errors/service-error.ts';
import { Exchange } from './faults/fault-exchange.ts';
import { isFaultPath, serveFaults } from './faults/fault-routes.ts';
import { sendError } from './http/reply.ts';
import type { PageHandler, RequestHandler } from './http/request-handler.ts';
import { REQUEST_ID } from './http/request-id.ts';
import type { ShapedRequest } from './http/shaped-request.ts';
import type { ShapedResponse } from './http/shaped-response.ts';
import { OPERATIONS } from './operations/operations.ts';
import type { ServiceContext } from './operations/service-context.ts';
import { isDash } from './playback/dash/dash-routes.ts';
import { isHls } from './playback/hls/hls-routes.ts';
import { splitTarget } from './sigv4/canonical.ts';

/**
 * All requests come through here: POST is the API, GET the page and what it plays. A plain router
 * on node:http and not a framework, because PutMedia answers while its body is still coming, checks
 * `Expect` by itself, and the same routes are served with and without TLS.
 */
export function createRouter(
  context: ServiceContext,
  page: PageHandler,
  access: AccessPolicy,
): RequestHandler {
  return (request, response, continueExpected) => {
    // A broken connection is reported by 'close'; without a listener it would end the process.
    request.on('error', () => {});
    response.on('error', () => {});
    response.setHeader(REQUEST_ID, randomUUID());
    const { path } = splitTarget(request.url ?? '/');
    try {
      requireOwnName(request, access.names);
      // Whoever has a session's token may play it on any page, as with KVS, and is told why not.
      if (isHls(path) || isDash(path)) response.setHeader('access-control-allow-origin', '*');
      else admitOrigin(request, response, access.origins);
    } catch (error) {
      context.log.info(`refused: ${String(error)}`);
      sendError(response, error);
      return;
    }
    if (request.method === 'OPTIONS' && request.headers.origin !== undefined) {
      answerPreflight(request, response);
      return;
    }
    if (isFaultPath(path)) {
      serveFaults(path, context.faults, request, response).catch((error: unknown) => {
        sendError(response, error);
      });
      return;
    }
    const operation = OPERATIONS.get(path);
    if (request.method === 'POST' && operation !== undefined) {
      handleApi(operation, context, request, response, continueExpected).catch(() => {
        response.destroy();
      });
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendError(response, unknown(request, path));
      return;
    }
    struckFirst(context, path, request, response)
      .then((goesOn) => !goesOn || page(path, request, response))
      .then((known) => {
        if (!known) sendError(response, unknown(request, path));
      })
      .catch((error: unknown) => {
        if (!(error instanceof ServiceError)) context.log.error(`${path}: ${String(error)}`);
        sendError(response, error);
      });
  };
}

/** Lets faults strike and quotas count what players fetch; never the page, which removes them. */
async function struckFirst(
  { faults, playback, clock, quotas }: ServiceContext,
  path: string,
  request: ShapedRequest,
  response: ShapedResponse,
): Promise<boolean> {
  if (!isHls(path) && !isDash(path)) return true;
  const session = playback.known(new URLSearchParams(splitTarget(request.url ?? '').query));
  const operation = sessionRequest(path);
  if (!faults.isEmpty) {
    const target = { operation, stream: session?.stream.record.name };
    const goesOn = await new Exchange(faults, clock, target, request, response).begin(undefined);
    if (!goesOn) return false;
  }
  if (session !== undefined) quotas?.admitPlayer(operation, session);
  return true;
}

/** `GetHLSMediaPlaylist` for `/hls/v1/getHLSMediaPlaylist.m3u8`. */
function sessionRequest(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\..*/, '');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function unknown(request: IncomingMessage, path: string): ServiceError {
  return new ServiceError(
    'UnknownOperationException',
    `There is no operation ${request.method ?? ''} ${path.slice(0, 200)}.`,
  );
}
