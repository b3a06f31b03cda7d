import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../../src/local/sigv4/credential-store.ts';

type Source = string | ArrayBuffer | ArrayBufferView;

function asBytes(source: Source): Buffer {
  if (typeof source === 'string') return Buffer.from(source);
  if (source instanceof ArrayBuffer) return Buffer.from(source);
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

/** The hash constructor that @smithy/signature-v4 asks for. */
export class Sha256 {
  readonly #secret: Source | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Source) {
    this.#secret = secret;
    this.#hash = Sha256.#begin(secret);
  }

  update(data: Source): void {
    this.#hash.update(asBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = Sha256.#begin(this.#secret);
  }

  static #begin(secret: Source | undefined): Hash | Hmac {
    return secret === undefined ? createHash('sha256') : createHmac('sha256', asBytes(secret));
  }
}

export type ClientOptions = {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly region?: string;
  readonly service?: string;
  readonly date?: Date;
  readonly ca?: string;
};

/** Signs a request with AWS's own signer, which shares no code with the service's verifier. */
export async function sign(
  url: URL,
  headers: Record<string, string>,
  body: Uint8Array | '',
  options: ClientOptions = {},
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: options.service ?? 'kinesisvideo',
    region: options.region ?? 'us-west-2',
    credentials: {
      accessKeyId: options.accessKeyId ?? LOCAL_ACCESS_KEY_ID,
      secretAccessKey: options.secretAccessKey ?? LOCAL_SECRET_ACCESS_KEY,
      ...(options.sessionToken === undefined ? {} : { sessionToken: options.sessionToken }),
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: { host: url.host, ...headers },
      body,
    },
    options.date === undefined ? {} : { signingDate: options.date },
  );
  return signed.headers;
}

export type Answer = {
  readonly status: number;
  readonly errorType: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
};

/** Sends a request with exactly these headers. */
export function open(
  url: URL,
  headers: Record<string, string>,
  ca?: string,
  method = 'POST',
): ClientRequest {
  return url.protocol === 'https:'
    ? requestTls(url, { method, headers, agent: false, ...(ca === undefined ? {} : { ca }) })
    : request(url, { method, headers, agent: false });
}

export async function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

export async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Calls a JSON operation. `input` may be text, for bodies that are no JSON. */
export async function call(
  service: string,
  path: string,
  input: unknown,
  options: ClientOptions = {},
): Promise<Answer> {
  const url = new URL(path, service);
  const body = Buffer.from(typeof input === 'string' ? input : JSON.stringify(input));
  const headers = await sign(
    url,
    { 'content-type': 'application/json', 'content-length': String(body.length) },
    body,
    options,
  );
  const sent = open(url, headers, options.ca);
  sent.end(body);
  const response = await answerOf(sent);
  const text = await textOf(response);
  const errorType = response.headers['x-amzn-errortype'];
  return {
    status: response.statusCode ?? 0,
    errorType: typeof errorType === 'string' ? errorType : undefined,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** Creates a stream that retains a day, and returns its ARN. */
export async function createStream(
  service: string,
  StreamName: string,
  input: Record<string, unknown> = {},
  options: ClientOptions = {},
): Promise<string> {
  const request = { StreamName, DataRetentionInHours: 24, ...input };
  const answer = await call(service, '/createStream', request, options);
  if (answer.status !== 200) throw new Error(`createStream: ${JSON.stringify(answer.body)}`);
  return String(answer.body['StreamARN']);
}
