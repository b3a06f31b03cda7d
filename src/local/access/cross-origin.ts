import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../errors/service-error.ts';
import { baseUrl } from '../http/base-url.ts';

/** What a script may read of an answer besides its body: SDKs take the exception from there. */
const EXPOSED = 'x-amzn-errortype, x-amzn-requestid, content-type, date';
/** How long a browser may remember what it was allowed. */
const REMEMBER_S = 600;

/**
 * Refuses what a browser sends on behalf of another site's page, unless the page's origin is
 * allowed; allowed pages get the headers that let them read the answer (CORS,
 * https://fetch.spec.whatwg.org/#http-cors-protocol). Programs send neither of the headers that
 * tell browsers apart, and are let through.
 * @throws ServiceError NotAuthorizedException
 */
export function admitOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  origins: ReadonlySet<string>,
): void {
  const { origin } = request.headers;
  if (origin === undefined ? isOwnOrNoPage(request) : origin === baseUrl(request)) return;
  if (origin !== undefined && (origins.has(origin) || origins.has('*'))) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', EXPOSED);
    response.setHeader('vary', 'origin');
    return;
  }
  throw new ServiceError(
    'NotAuthorizedException',
    `A page of ${origin?.slice(0, 253) ?? 'another site'} may not use this service: start it with ` +
      '--allow-origin to let it.',
  );
}

/** Answers the question that a browser asks before it sends what a form could not send. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const asked = request.headers['access-control-request-headers'];
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, POST',
    ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
    // A page from the Internet asks a machine in a private network
    // (https://wicg.github.io/private-network-access/).
    'access-control-allow-private-network': 'true',
    'access-control-max-age': String(REMEMBER_S),
  });
  response.end();
}

/**
 * Without an Origin, Sec-Fetch-Site says whose page it was (https://w3c.github.io/webappsec-fetch-metadata/).
 * Somebody who follows a link to the service has left the other page.
 */
function isOwnOrNoPage({ method, headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return true;
  const isVisit =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isVisit && method === 'GET';
}
