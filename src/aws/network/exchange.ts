import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import { plainHttp } from '../../runtime/plain-http.ts';
import { CLOSED_CODES, codeOf } from './network-error.ts';

/** A request whose body and answer are short. */
export type ExchangeRequest = {
  readonly url: URL;
  /** All of them: what was signed is what is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly agent: Agent;
  readonly clock: Clock;
  /** Until the connection stands, TLS included; one that is kept stands already. */
  readonly connectTimeoutMs: number;
  /** What is longer is no answer of the service's. */
  readonly maxAnswerBytes: number;
  /** Asking twice does what asking once does. */
  readonly isRepeatable: boolean;
  /** Gives the exchange up. */
  readonly signal: AbortSignal;
};

/** The whole answer, whatever it says. */
export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/**
 * One POST and its whole answer; redirects are not followed, for a signature is for one host.
 * Rejects with what kept it from being answered: an error of Node's, or a KvsError for an answer
 * without an end.
 */
export function exchange(asked: ExchangeRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { url, headers, agent, signal, isRepeatable } = asked;
    const make = url.protocol === 'https:' ? httpsRequest : plainHttp().request;
    const request = make(url, { method: 'POST', headers: { ...headers }, agent, signal });
    const connecting = limitConnecting(request, asked);
    request.on('error', (error) => {
      // A kept connection that the other end was just closing says nothing about the service. There
      // are only so many of them, and the next one is new.
      const wasClosed = request.reusedSocket && CLOSED_CODES.has(codeOf(error) ?? '');
      if (wasClosed && isRepeatable) exchange(asked).then(resolve, reject);
      else reject(error);
    });
    request.on('close', () => connecting.cancel());
    request.on('response', (response) => {
      connecting.cancel();
      readBody(response, url.host, asked.maxAnswerBytes).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        (error: unknown) => {
          request.destroy();
          reject(error);
        },
      );
    });
    request.end(asked.body);
  });
}

/** Ends a request whose connection does not stand in time. */
function limitConnecting(request: ClientRequest, { clock, connectTimeoutMs }: ExchangeRequest) {
  const timer = clock.after(connectTimeoutMs, () => {
    const error = new Error(`no connection within ${durationText(connectTimeoutMs)}`);
    error.name = 'TimeoutError';
    request.destroy(error);
  });
  const stands = () => timer.cancel();
  request.once('socket', (socket: Socket) => {
    if (request.reusedSocket) stands();
    else if (socket instanceof TLSSocket) socket.once('secureConnect', stands);
    else if (socket.connecting) socket.once('connect', stands);
    else stands();
  });
  return timer;
}

/**
 * Resolves with the whole body. What answers without an end is not the service, and must not fill the
 * memory: rejects with a KvsError for an answer that is longer than any of the service's. (By events,
 * since the first of a stream's iterators takes 2 ms of a start.)
 */
function readBody(response: IncomingMessage, host: string, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) reject(tooLong(host, maxBytes));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
    // An answer that was cut short has an error; this is for one that somebody destroyed.
    response.on('close', () => reject(new Error('the answer was given up')));
  });
}

function tooLong(host: string, maxBytes: number): KvsError {
  return new KvsError(
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    `${host} answered with more than ${maxBytes} bytes`,
    {
      advice: 'Check the endpoint: this is not a response of Kinesis Video Streams.',
      failure: {
        kind: 'service',
        httpStatus: undefined,
        exception: undefined,
        retryAfterMs: undefined,
      },
    },
  );
}
