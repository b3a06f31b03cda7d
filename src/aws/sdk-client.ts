import { Readable } from 'node:stream';
import type { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import type { HttpRequest } from '@smithy/protocol-http';
import type { Clock } from '../runtime/clock.ts';
import { silenceVersionWarning } from './credentials/sdk-warning.ts';
import type { Agents } from './network/agents.ts';
import { boundedBody, MAX_ANSWER_BYTES } from './network/bounded-body.ts';
import type { CredentialProvider } from './signing/aws-credentials.ts';
import type { ClockSkew } from './signing/clock-skew.ts';
import { createSigner } from './signing/signer.ts';

/** The SDK's module; a type only, so that nothing is loaded before it is needed. */
export type KinesisVideoSdk = typeof import('@aws-sdk/client-kinesis-video');

/** Loads the SDK (some 18 MB of memory); Node keeps it, so that a second call costs nothing. */
export function loadKinesisVideoSdk(): Promise<KinesisVideoSdk> {
  silenceVersionWarning();
  return import('@aws-sdk/client-kinesis-video');
}

/** What the SDK's client is made with. */
export type SdkClientSettings = {
  readonly region: string;
  readonly endpoint: URL;
  readonly credentials: CredentialProvider;
  readonly agents: Agents;
  readonly clock: Clock;
  readonly skew: ClockSkew;
  readonly userAgent: string;
  readonly connectTimeoutMs: number;
};

/** Longer than any call: the whole of it has a time-out of its own. */
const LONGEST_CONNECT_MS = 24 * 60 * 60_000;

/** The part of a signer that the SDK calls. */
type SdkSigner = { sign(request: HttpRequest): Promise<HttpRequest> };

/**
 * The SDK's client with everything in it replaced that the core has its own of: signature (ours knows
 * the service's clock), credentials (never cached here), retries (none: the uploader has them),
 * connections (trust, proxy), configuration files (none are read).
 */
export function createSdkClient(
  sdk: KinesisVideoSdk,
  settings: SdkClientSettings,
): KinesisVideoClient {
  const sign = createSigner({ region: settings.region, headers: 'sdk' });
  const signer: SdkSigner = {
    async sign(request) {
      const url = new URL(`${request.protocol}//${request.hostname}`);
      url.port = request.port === undefined ? '' : String(request.port);
      url.pathname = request.path;
      request.headers = await sign({
        method: request.method,
        url,
        headers: request.headers,
        body: bodyBytes(request.body),
        credentials: await settings.credentials.get(),
        date: settings.skew.now(),
      });
      return request;
    },
  };
  const client = new sdk.KinesisVideoClient({
    region: settings.region,
    endpoint: settings.endpoint.href,
    // The signer fetches credentials at the moment of signing; this only satisfies the SDK.
    credentials: async () => ({ accessKeyId: '-', secretAccessKey: '-' }),
    signer: async () => signer as never,
    disableClockSkewCorrection: true,
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'legacy',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: undefined,
    authSchemePreference: [],
    requestHandler: {
      // The handler sets timers of its own, beyond whose range a time-out would be over at once.
      connectionTimeout: Math.min(settings.connectTimeoutMs, LONGEST_CONNECT_MS),
      httpAgent: settings.agents.controlAgentFor(new URL('/', settings.endpoint)),
      httpsAgent: settings.agents.controlAgentFor(settings.endpoint) as never,
    },
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const { headers } = args.request as HttpRequest;
      headers['user-agent'] = settings.userAgent;
      delete headers['x-amz-user-agent'];
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'kvsUserAgent' },
  );
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = settings.clock.monotonicMs();
      const result = await next(args);
      const response = result.response as { headers?: Record<string, string>; body?: unknown };
      const { headers } = response;
      if (response.body instanceof Readable) {
        response.body = boundedBody(response.body, MAX_ANSWER_BYTES, settings.endpoint.host);
      }
      // An answer with an age comes from a cache and tells its past.
      if (headers !== undefined && headers['age'] === undefined) {
        settings.skew.observe(headers['date'], settings.clock.monotonicMs() - sentMs);
      }
      return result;
    },
    // Innermost: sees every answer, also those that the next step makes an exception of.
    { step: 'deserialize', priority: 'low', name: 'kvsAnswer' },
  );
  return client;
}

function bodyBytes(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? body : undefined;
}
