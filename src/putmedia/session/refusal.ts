import type { IncomingMessage } from 'node:http';
import { refusedAnswer } from '../../aws/refused-answer.ts';
import type { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';

/** A refusal has a sentence or two; more is not read. */
const MAX_BODY_BYTES = 8 * 1024;
/** The answer's end is not waited for longer than this: its status is already known. */
const BODY_TIMEOUT_MS = 500;

/** What a refusal is read with. */
export type RefusalOptions = {
  readonly clock: Clock;
  /** Name of the credential provider. */
  readonly provider: string;
  /** What was refused; by default PutMedia. */
  readonly operation?: string;
};

/**
 * Reads the rest of a refusal, bounded in bytes and time, and calls back once with what it says.
 * Upstream reads neither the body nor x-amzn-ErrorType, so that every 400 is the same to it.
 */
export function readRefusal(
  response: IncomingMessage,
  options: RefusalOptions,
  done: (error: KvsError) => void,
): void {
  const { provider, operation = 'PutMedia' } = options;
  const { statusCode: status = 0, headers } = response;
  let body = '';
  let isDone = false;
  const finish = (): void => {
    if (!isDone) {
      isDone = true;
      timer.cancel();
      done(refusedAnswer({ operation, status, headers, body, provider }));
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
