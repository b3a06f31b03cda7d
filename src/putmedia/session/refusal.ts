import type { IncomingMessage } from 'node:http';
import { exceptionName, refusalError } from '../../aws/aws-exceptions.ts';
import type { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';

/** A refusal has a sentence or two; more is not read. */
const MAX_BODY_BYTES = 8 * 1024;
/** The answer's end is not waited for longer than this: its status is already known. */
const BODY_TIMEOUT_MS = 500;

function textField(value: unknown, ...names: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const name of names) {
    const field: unknown = Reflect.get(value, name);
    if (typeof field === 'string' && field !== '') return field;
  }
  return undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What a refusal is read with. */
export type RefusalOptions = {
  readonly clock: Clock;
  /** Name of the credential provider. */
  readonly provider: string;
  /** What was refused; by default PutMedia. */
  readonly operation?: string;
};

/** Makes the error of an answer other than 200, from its status, headers and body. */
function refusalOf(
  response: IncomingMessage,
  body: string,
  { provider, operation = 'PutMedia' }: RefusalOptions,
): KvsError {
  const json = parsed(body);
  const plain = json === undefined ? body.trim().slice(0, 200) : undefined;
  return refusalError({
    operation,
    httpStatus: response.statusCode ?? 0,
    exception: exceptionName(
      header(response, 'x-amzn-errortype') ?? textField(json, '__type', 'code', 'Code'),
    ),
    message: textField(json, 'message', 'Message') ?? plain,
    retryAfter: header(response, 'retry-after'),
    requestId: header(response, 'x-amzn-requestid'),
    provider,
  });
}

/**
 * Reads the rest of a refusal, bounded in bytes and time, and calls back once with what it says.
 * Upstream reads neither the body nor x-amzn-ErrorType, so that every 400 is the same to it.
 */
export function readRefusal(
  response: IncomingMessage,
  options: RefusalOptions,
  done: (error: KvsError) => void,
): void {
  let body = '';
  let isDone = false;
  const finish = (): void => {
    if (!isDone) {
      isDone = true;
      timer.cancel();
      done(refusalOf(response, body, options));
    }
  };
  const timer = options.clock.after(BODY_TIMEOUT_MS, finish);
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    body += chunk.slice(0, MAX_BODY_BYTES - body.length);
    if (body.length >= MAX_BODY_BYTES) finish();
  });
  response.on('end', finish);
  response.on('error', finish);
  response.on('close', finish);
}
