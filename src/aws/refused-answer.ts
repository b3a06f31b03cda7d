import type { IncomingHttpHeaders } from 'node:http';
import type { KvsError } from '../errors/kvs-error.ts';
import { exceptionName, refusalError } from './aws-exceptions.ts';

/** What answers with a page instead of JSON is quoted up to here. */
const MAX_QUOTED_CHARS = 200;

/** An answer that is no success, as it was received. */
export type RefusedAnswer = {
  /** What was asked: `DescribeStream`, `PutMedia`, … */
  readonly operation: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Which credentials were used, by provider name. */
  readonly provider: string;
};

/** Makes the error of a refusal, from its status, headers and body. */
export function refusedAnswer(answer: RefusedAnswer): KvsError {
  const { operation, status, headers, body, provider } = answer;
  const json = parsed(body);
  const plain = json === undefined ? body.trim().slice(0, MAX_QUOTED_CHARS) : undefined;
  return refusalError({
    operation,
    httpStatus: status,
    exception: exceptionName(
      header(headers, 'x-amzn-errortype') ?? textField(json, '__type', 'code', 'Code'),
    ),
    message: textField(json, 'message', 'Message') ?? plain,
    retryAfter: header(headers, 'retry-after'),
    requestId: header(headers, 'x-amzn-requestid'),
    provider,
  });
}

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

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
