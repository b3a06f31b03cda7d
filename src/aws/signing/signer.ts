import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { HttpRequest } from '@smithy/protocol-http';
import type { RequestSigner } from './aws-credentials.ts';

/** The name Kinesis Video Streams signs under, control plane and data plane alike. */
const SIGNING_SERVICE = 'kinesisvideo';

/**
 * Hop-by-hop headers that SDKs leave out and upstream signs: `connection`, `transfer-encoding` and
 * `user-agent` are in the SignedHeaders of its PutMedia.
 */
const SIGNED_AS_UPSTREAM: ReadonlySet<string> = new Set([
  'connection',
  'transfer-encoding',
  'user-agent',
]);

/** Headers that upstream adds after signing, or that its HTTP library adds. */
const UNSIGNED_AS_UPSTREAM: ReadonlySet<string> = new Set([
  'x-amz-security-token',
  'content-type',
  'content-length',
  'accept',
  'expect',
]);

/** node:crypto as the hash that @smithy/signature-v4 asks for; with a key it is an HMAC. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('a Sha256 is used once');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** What a signer is made for. */
export type SignerOptions = {
  /** The region of the credential scope, e.g. `us-west-2`. */
  readonly region: string;
  /** The service of the credential scope; `kinesisvideo` if absent. */
  readonly service?: string;
  /**
   * `upstream` (the default) signs the header set of upstream's PutMedia; `sdk` signs what AWS's SDKs
   * sign, which the control plane uses.
   */
  readonly headers?: 'upstream' | 'sdk';
};

/**
 * Makes a SigV4 signer. The result of a signature is the headers to send, among them `host`: send
 * exactly these, for a verifier recomputes the signature from the headers as received. A body of
 * `undefined` is signed as empty, as PutMedia is (its payload is never part of the signature).
 * The library is loaded with the first signature.
 */
export function createSigner(options: SignerOptions): RequestSigner {
  const { region, service = SIGNING_SERVICE, headers: headerSet = 'upstream' } = options;
  const selection =
    headerSet === 'upstream'
      ? {
          signableHeaders: new Set(SIGNED_AS_UPSTREAM),
          unsignableHeaders: new Set(UNSIGNED_AS_UPSTREAM),
        }
      : {};
  return async ({ method, url, headers, body, credentials, date }) => {
    const [{ SignatureV4 }, { HttpRequest }] = await Promise.all([
      import('@smithy/signature-v4'),
      import('@smithy/protocol-http'),
    ]);
    const signer = new SignatureV4({
      service,
      region,
      credentials: { ...credentials },
      sha256: Sha256,
      applyChecksum: false,
    });
    const hasHost = Object.keys(headers).some((name) => name.toLowerCase() === 'host');
    const request: HttpRequest = new HttpRequest({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      // url.host has the port only where it is not the scheme's own, as clients send it.
      headers: hasHost ? { ...headers } : { host: url.host, ...headers },
      body,
    });
    const signed = await signer.sign(request, {
      signingDate: date,
      ...selection,
    });
    return signed.headers;
  };
}

function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}
