import { isFromThisMachine } from './access/page-access.ts';
import { ServiceError } from './errors/service-error.ts';
import { Exchange } from './faults/fault-exchange.ts';
import { accessKeyOf, streamOf } from './faults/fault-target.ts';
import { baseUrl } from './http/base-url.ts';
import { readBody } from './http/body.ts';
import { sendApiError } from './http/reply.ts';
import type { ShapedRequest } from './http/shaped-request.ts';
import type { ShapedResponse } from './http/shaped-response.ts';
import { MAX_JSON_BYTES, type Operation } from './operations/operation.ts';
import type { ServiceContext } from './operations/service-context.ts';
import { verifySignature } from './sigv4/verify.ts';

/**
 * Answers one API request: signature first, then the operation. A streaming operation's signature
 * is checked before anything of its body is asked for (Expect: 100-continue, RFC 9110, 10.1.1).
 */
export async function handleApi(
  operation: Operation,
  context: ServiceContext,
  request: ShapedRequest,
  response: ShapedResponse,
  continueExpected: boolean,
): Promise<void> {
  const log = context.log.child({ operation: operation.name });
  try {
    const { streamsBody } = operation;
    if (continueExpected && !streamsBody) response.writeContinue();
    const body = streamsBody ? Buffer.alloc(0) : await readBody(request, MAX_JSON_BYTES);
    const target = {
      operation: operation.name,
      // Read when a fault asks for it, which may be one that begins much later.
      get stream() {
        return streamOf(body, request);
      },
    };
    const exchange = new Exchange(context.faults, context.clock, target, request, response);
    if (!(await exchange.begin({ accessKeyId: accessKeyOf(request) }))) {
      log.info('a fault took the place of the answer');
      return;
    }
    const caller = verifySignature(
      {
        method: request.method ?? '',
        target: request.url ?? '/',
        rawHeaders: request.rawHeaders,
        isFromThisMachine: isFromThisMachine(request),
      },
      streamsBody ? 'streaming' : body,
      context.clock.nowMs() + exchange.skewMs(),
      context.verifier,
    );
    context.quotas?.admit(operation.name, streamOf(body, request));
    if (continueExpected && streamsBody) response.writeContinue();
    const call = { context, exchange, region: caller.region, baseUrl: baseUrl(request) };
    await operation.handle(body, call, request, response);
    log.debug('answered');
  } catch (error) {
    if (error instanceof ServiceError) log.info(`refused: ${described(error)}`);
    else if (request.destroyed && !request.complete) log.debug('the client disconnected');
    else log.error(`failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    sendApiError(response, error);
  }
}

/** An error for the log, which may say more than the client is told. */
function described({ errorType, message, cause }: ServiceError): string {
  return `${errorType}: ${message}${cause === undefined ? '' : ` (${cause})`}`;
}
