import type { ServerResponse } from 'node:http';
import { ServiceError } from './service-error.ts';

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

/** Answers with the error in the form of AWS's REST-JSON protocol. */
export function sendError(response: ServerResponse, error: unknown): void {
  const refusal =
    error instanceof ServiceError
      ? error
      : new ServiceError('InternalFailure', 'The request failed inside the local service.');
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify({ message: refusal.message }));
  response.writeHead(refusal.status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-amzn-ErrorType': refusal.errorType,
    // Whatever the client is still sending is not read any more.
    connection: 'close',
  });
  response.end(body);
}
