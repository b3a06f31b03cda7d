import type { ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { ServiceError } from '../errors/service-error.ts';

/** Answers with JSON; an operation without a result answers an empty object, as AWS does. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}

/** Answers with the error in the form of AWS's REST-JSON protocol, and with all that is known. */
export function sendError(response: ServerResponse, error: unknown): void {
  sendRefusal(response, refusalOf(error));
}

/** Answers a call of the API with the error, in AWS's words where those are known. */
export function sendApiError(response: ServerResponse, error: unknown): void {
  const { status, errorType, awsText } = refusalOf(error);
  sendRefusal(response, { status, errorType, message: awsText });
}

function refusalOf(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('InternalFailure', 'The request failed inside the local service.');
}

/** What an answer says that is not a result. */
export type Refusal = { readonly status: number } & (
  | { readonly errorType?: string | undefined; readonly message: string }
  | { readonly contentType: string; readonly body: string }
);

/** Answers with a refusal; an answer that has begun is cut off instead. */
export function sendRefusal(
  response: ServerResponse,
  refusal: Refusal,
  clock: Clock = systemClock,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { contentType, body } = 'body' in refusal ? refusal : exception(response, refusal);
  const bytes = Buffer.from(body);
  response.writeHead(refusal.status, {
    'content-type': contentType,
    'content-length': bytes.length,
  });
  response.end(bytes);
  const request = response.req;
  if (request.complete) return;
  // What the client is still sending is read and dropped for a moment: closed with bytes unread,
  // the connection would be reset, and the client would lose the answer (RFC 9112, 9.6).
  request.resume();
  const timer = clock.after(LINGER_MS, () => request.destroy());
  request.once('close', () => timer.cancel());
}

function exception(
  response: ServerResponse,
  { errorType, message }: { readonly errorType?: string | undefined; readonly message: string },
): { contentType: string; body: string } {
  if (errorType !== undefined) response.setHeader('x-amzn-ErrorType', errorType);
  return { contentType: 'application/json', body: JSON.stringify({ Message: message }) };
}

/** How long a refused client may go on sending before its connection is cut. */
const LINGER_MS = 1_000;
