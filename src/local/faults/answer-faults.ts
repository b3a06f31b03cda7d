import { sendRefusal } from '../http/reply.ts';
import type { ShapedResponse } from '../http/shaped-response.ts';
import type { FaultOf } from './fault.ts';

/** What AWS calls an error of a status, where it has a name of its own for it. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  400: 'InvalidArgumentException',
  401: 'NotAuthorizedException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  413: 'RequestEntityTooLargeException',
  429: 'ThrottlingException',
  500: 'InternalFailure',
  503: 'ServiceUnavailable',
};

/** Answers with the error of a fault. */
export function sendErrorFault(response: ShapedResponse, fault: FaultOf<'error'>): void {
  const { status, html, retryAfterS } = fault;
  if (retryAfterS !== undefined) response.setHeader('retry-after', retryAfterS);
  if (html !== undefined) {
    sendRefusal(response, { status, contentType: 'text/html', body: html });
    return;
  }
  const errorType = fault.exception ?? EXCEPTIONS[status];
  const message = fault.message ?? `Injected: the service answers with ${status}.`;
  sendRefusal(response, { status, errorType, message });
}

/** Refuses a call as one too many in this second. */
export function sendThrottled(response: ShapedResponse, fault: FaultOf<'throttle'>): void {
  const errorType = fault.exception ?? 'ClientLimitExceededException';
  sendRefusal(response, { status: 400, errorType, message: 'Rate exceeded' });
}

/** Refuses a call whose session token has expired. */
export function sendExpired(response: ShapedResponse): void {
  sendRefusal(response, {
    status: 403,
    errorType: 'ExpiredTokenException',
    message: 'The security token included in the request is expired',
  });
}
