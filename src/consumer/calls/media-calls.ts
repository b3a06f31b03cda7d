import { request as httpsRequest } from 'node:https';
import type { AwsAccess } from '../../aws/aws-access.ts';
import type { DataApi, StreamIdentifier } from '../../aws/control-plane-api.ts';
import { networkError } from '../../aws/network/network-error.ts';
import type { RequestSigner } from '../../aws/signing/aws-credentials.ts';
import { createSigner } from '../../aws/signing/signer.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { readRefusal } from '../../putmedia/session/refusal.ts';
import type { Clock } from '../../runtime/clock.ts';
import { plainHttp } from '../../runtime/plain-http.ts';
import { untilAborted } from './abort.ts';
import { MediaAnswer, timeoutError } from './media-answer.ts';

/** What the calls use of the way to AWS. */
export type CallAccess = Pick<
  AwsAccess,
  'region' | 'credentials' | 'controlPlane' | 'userAgent' | 'clockSkew'
> & { readonly agents: Pick<AwsAccess['agents'], 'agentFor'> };

/** The operations, by the API that GetDataEndpoint knows them as. */
const OPERATIONS = {
  GET_MEDIA: { name: 'GetMedia', path: '/getMedia' },
  LIST_FRAGMENTS: { name: 'ListFragments', path: '/listFragments' },
  GET_MEDIA_FOR_FRAGMENT_LIST: {
    name: 'GetMediaForFragmentList',
    path: '/getMediaForFragmentList',
  },
  GET_HLS_STREAMING_SESSION_URL: {
    name: 'GetHLSStreamingSessionURL',
    path: '/getHLSStreamingSessionURL',
  },
} as const satisfies Partial<Record<DataApi, unknown>>;

/** An operation of these calls. */
export type MediaApi = keyof typeof OPERATIONS;

/** How calls are bounded, ms. */
export type CallLimits = {
  /** Until the answer begins. */
  readonly answerMs: number;
  /** Without a byte while one is waited for; Infinity for an answer that waits for a camera. */
  readonly idleMs: number;
};

/** Signed calls to the data endpoints of one stream. */
export class MediaCalls {
  readonly #access: CallAccess;
  readonly #stream: StreamIdentifier;
  readonly #clock: Clock;
  readonly #sign: RequestSigner;
  readonly #endpoints = new Map<MediaApi, Promise<string>>();

  constructor(access: CallAccess, stream: StreamIdentifier, clock: Clock) {
    this.#access = access;
    this.#stream = stream;
    this.#clock = clock;
    this.#sign = createSigner({ region: access.region, headers: 'sdk' });
  }

  /** The endpoint may have moved, or the stream was made anew: it is asked for again. */
  forgetEndpoints(): void {
    this.#endpoints.clear();
  }

  /**
   * Opens a call. Refused credentials are fetched anew, once.
   * @param input The operation's input, without the stream's name.
   * @returns the body of an answer of 200, which is read as it is taken, and whose reading throws
   * a KvsError when the connection is lost
   * @throws KvsError with what the service said, or what is wrong with the network; the signal's
   * reason when it is aborted
   */
  async open(
    api: MediaApi,
    input: Readonly<Record<string, unknown>>,
    limits: CallLimits,
    signal: AbortSignal,
  ): Promise<MediaAnswer> {
    const attempt = (forceRefresh: boolean): Promise<MediaAnswer> =>
      untilAborted(this.#try(api, input, limits, signal, forceRefresh), signal);
    try {
      return await attempt(false);
    } catch (error) {
      const kind = error instanceof KvsError ? error.failure?.kind : undefined;
      const isRenewable =
        kind === 'expired-credentials' || kind === 'invalid-credentials' || kind === 'clock-skew';
      if (!isRenewable) throw error;
      return await attempt(kind !== 'clock-skew');
    }
  }

  async #try(
    api: MediaApi,
    input: Readonly<Record<string, unknown>>,
    limits: CallLimits,
    signal: AbortSignal,
    forceRefresh: boolean,
  ): Promise<MediaAnswer> {
    const { credentials, clockSkew, userAgent } = this.#access;
    const url = new URL(OPERATIONS[api].path, await this.#endpoint(api));
    const named =
      'streamArn' in this.#stream
        ? { StreamARN: this.#stream.streamArn }
        : { StreamName: this.#stream.streamName };
    const body = Buffer.from(JSON.stringify({ ...named, ...input }));
    const headers = this.#sign({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'content-length': String(body.length),
        'user-agent': userAgent,
      },
      body,
      credentials: await credentials.get({ forceRefresh }),
      date: clockSkew.now(),
    });
    return await this.#send(api, url, headers, body, limits, signal);
  }

  #endpoint(api: MediaApi): Promise<string> {
    const known = this.#endpoints.get(api);
    if (known !== undefined) return known;
    const asked = this.#access.controlPlane.getDataEndpoint(this.#stream, api);
    this.#endpoints.set(api, asked);
    // A failure is not remembered.
    asked.catch(() => this.#endpoints.delete(api));
    return asked;
  }

  #send(
    api: MediaApi,
    url: URL,
    headers: Record<string, string>,
    body: Buffer,
    limits: CallLimits,
    signal: AbortSignal,
  ): Promise<MediaAnswer> {
    const { name } = OPERATIONS[api];
    const { agents, clockSkew, credentials } = this.#access;
    const make = url.protocol === 'https:' ? httpsRequest : plainHttp().request;
    const request = make(url, {
      method: 'POST',
      agent: agents.agentFor(url),
      headers,
      signal,
    });
    const startedMs = this.#clock.monotonicMs();
    const timer = this.#clock.after(limits.answerMs, () => {
      request.destroy(timeoutError(`no answer within ${limits.answerMs / 1_000} s`));
    });
    return new Promise((resolve, reject) => {
      request.on('response', (response) => {
        timer.cancel();
        clockSkew.observe(response.headers.date, this.#clock.monotonicMs() - startedMs);
        if (response.statusCode === 200) {
          resolve(
            new MediaAnswer(response, {
              operation: name,
              host: url.host,
              idleMs: limits.idleMs,
              clock: this.#clock,
            }),
          );
          return;
        }
        const options = { clock: this.#clock, provider: credentials.name, operation: name };
        readRefusal(response, options, reject);
      });
      request.on('error', (error) => {
        timer.cancel();
        reject(networkError(name, url.host, error));
      });
      request.end(body);
    });
  }
}
