import type { RequestSigner } from './aws-credentials.ts';
import { type SignedHeaderRule, signatureV4 } from './signature-v4.ts';

/** The name Kinesis Video Streams signs under, control plane and data plane alike. */
const SIGNING_SERVICE = 'kinesisvideo';

const RULES: Readonly<Record<'upstream' | 'sdk', SignedHeaderRule>> = {
  upstream: {
    /** Hop-by-hop headers that SDKs leave out, and upstream has in the SignedHeaders of its PutMedia. */
    also: new Set(['connection', 'transfer-encoding', 'user-agent']),
    /** Headers that upstream adds after signing, or that its HTTP library adds. */
    never: new Set(['x-amz-security-token', 'content-type', 'content-length', 'accept', 'expect']),
  },
  sdk: {},
};

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
 */
export function createSigner(options: SignerOptions): RequestSigner {
  const { region, service = SIGNING_SERVICE, headers: headerSet = 'upstream' } = options;
  const rule = RULES[headerSet];
  return ({ method, url, headers, body, credentials, date }) => {
    const hasHost = Object.keys(headers).some((name) => name.toLowerCase() === 'host');
    // url.host has the port only where it is not the scheme's own, as clients send it.
    const sent = hasHost ? headers : { host: url.host, ...headers };
    return signatureV4(
      { method, url, headers: sent, body },
      { region, service, credentials, date, rule },
    );
  };
}
