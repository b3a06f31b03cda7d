import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ShapedRequest } from './shaped-request.ts';
import type { ShapedResponse } from './shaped-response.ts';

/** Answers a GET or HEAD request for something that is not the API; false when it is not known. */
export type PageHandler = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<boolean>;

/** Answers whatever comes in; a client that sent `Expect: 100-continue` waits to be asked. */
export type RequestHandler = (
  request: ShapedRequest,
  response: ShapedResponse,
  continueExpected: boolean,
) => void;
