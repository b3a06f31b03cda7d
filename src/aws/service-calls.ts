import { KvsError } from '../errors/kvs-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { durationText } from '../runtime/duration-text.ts';
import type { Logger } from '../runtime/logger.ts';
import type { StreamIdentifier } from './control-plane-api.ts';
import type { Agents } from './network/agents.ts';
import type { Answer } from './network/exchange.ts';
import { exchangeEarly } from './network/exchange-early.ts';
import { networkError } from './network/network-error.ts';
import { refusedAnswer } from './refused-answer.ts';
import type {
  AwsCredentials,
  CredentialProvider,
  RequestSigner,
} from './signing/aws-credentials.ts';
import { ClockSkew } from './signing/clock-skew.ts';
import { createSigner } from './signing/signer.ts';

/** What the control plane is made with. */
export type ControlPlaneSettings = {
  readonly region: string;
  /** From resolveEndpoint. */
  readonly endpoint: URL;
  readonly credentials: CredentialProvider;
  readonly agents: Agents;
  readonly clock: Clock;
  readonly log: Logger;
  /** The whole User-Agent header; from userAgent(). */
  readonly userAgent: string;
  /** Until a connection stands, and for a whole call; the element's connection- and completion-timeout. */
  readonly connectTimeoutMs: number;
  readonly completionTimeoutMs: number;
  readonly allowInsecureHttp?: boolean | undefined;
  /** Shared with other signers; made here if absent. */
  readonly skew?: ClockSkew;
};

/** A stream's description, its tags, a refusal: they have some KB. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** AWS puts up to 10,000 streams on a page, with names, ARNs and keys of a few hundred bytes. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/** The operations that are used here, by their names in the API reference. */
const OPERATIONS = {
  DescribeStream: { path: '/describeStream', isRepeatable: true },
  CreateStream: { path: '/createStream', isRepeatable: false },
  UpdateDataRetention: { path: '/updateDataRetention', isRepeatable: false },
  GetDataEndpoint: { path: '/getDataEndpoint', isRepeatable: true },
  TagStream: { path: '/tagStream', isRepeatable: false },
  UntagStream: { path: '/untagStream', isRepeatable: false },
  ListStreams: { path: '/listStreams', isRepeatable: true },
  ListTagsForStream: { path: '/listTagsForStream', isRepeatable: true },
  DeleteStream: { path: '/deleteStream', isRepeatable: false },
} as const;

/** One of them. */
export type Operation = keyof typeof OPERATIONS;

/** A call's input, as the API reference has it; what is undefined is left out. */
export type Input = Readonly<Record<string, unknown>>;

/**
 * Calls of the control plane: JSON over HTTP, signed, each bounded in time and failing with a
 * KvsError. AWS's SDK would do the same, and takes longer to load than all of a host's own start.
 */
export class ServiceCalls {
  readonly clockSkew: ClockSkew;
  readonly #settings: ControlPlaneSettings;
  readonly #sign: RequestSigner;
  readonly #underWay = new Set<AbortController>();

  /** Nothing is connected before the first call. */
  constructor(settings: ControlPlaneSettings) {
    this.#settings = settings;
    this.#sign = createSigner({ region: settings.region, headers: 'sdk' });
    this.clockSkew = settings.skew ?? new ClockSkew(settings.clock, settings.log);
  }

  /** Gives up calls under way and idle connections. */
  close(): void {
    for (const controller of this.#underWay) controller.abort();
    this.#settings.agents.close();
  }

  /**
   * One call. It is repeated at once if it was refused for its date and the answer told the right one;
   * any other repetition is the caller's affair.
   * @returns the answer's JSON, of which nothing is known yet
   * @throws KvsError whose `status` is what upstream maps the answer to, with the service's words
   */
  async call(operation: Operation, input: Input): Promise<unknown> {
    const offsetMs = this.clockSkew.offsetMs;
    try {
      return await this.#try(operation, input);
    } catch (error) {
      const skewed = error instanceof KvsError && error.failure?.kind === 'clock-skew';
      if (!skewed || this.clockSkew.offsetMs === offsetMs) throw error;
      return this.#try(operation, input);
    }
  }

  /** One request with its time-outs; whatever goes wrong becomes a KvsError. */
  async #try(operation: Operation, input: Input): Promise<unknown> {
    const { clock, log, completionTimeoutMs, endpoint, credentials } = this.#settings;
    const controller = new AbortController();
    const { signal } = controller;
    this.#underWay.add(controller);
    const startedMs = clock.monotonicMs();
    let waitsFor = 'nothing';
    const timer = clock.after(completionTimeoutMs, () => {
      const error = new Error(`${waitsFor} within ${durationText(completionTimeoutMs)}`);
      error.name = 'TimeoutError';
      controller.abort(networkError(operation, endpoint.host, error));
    });
    try {
      waitsFor = `no credentials from ${credentials.name}`;
      const signer = await unlessAborted(credentials.get(), signal);
      waitsFor = 'nothing';
      const answer = await this.#ask(operation, input, signer, signal);
      log.debug('control call done', {
        operation,
        ms: Math.round(clock.monotonicMs() - startedMs),
      });
      return this.#outcome(operation, answer);
    } catch (error) {
      if (!signal.aborted) throw networkError(operation, endpoint.host, error);
      throw signal.reason instanceof KvsError ? signal.reason : givenUp(operation, error);
    } finally {
      timer.cancel();
      this.#underWay.delete(controller);
    }
  }

  async #ask(
    operation: Operation,
    input: Input,
    credentials: AwsCredentials,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { endpoint, agents, clock, userAgent, connectTimeoutMs } = this.#settings;
    const { path, isRepeatable } = OPERATIONS[operation];
    const url = new URL(endpoint);
    url.pathname = endpoint.pathname.replace(/\/+$/, '') + path;
    const body = Buffer.from(JSON.stringify(input));
    const headers = this.#sign({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'content-length': String(body.byteLength),
        'user-agent': userAgent,
      },
      body,
      credentials,
      date: this.clockSkew.now(),
    });
    const sentMs = clock.monotonicMs();
    const answer = await exchangeEarly(agents, {
      url,
      headers,
      body,
      clock,
      connectTimeoutMs,
      maxAnswerBytes: operation === 'ListStreams' ? MAX_LIST_BYTES : MAX_ANSWER_BYTES,
      isRepeatable,
      signal,
    });
    // An answer with an age comes from a cache and tells its past.
    if (answer.headers.age === undefined) {
      this.clockSkew.observe(answer.headers.date, clock.monotonicMs() - sentMs);
    }
    return answer;
  }

  #outcome(operation: Operation, { status, headers, body }: Answer): unknown {
    const { endpoint, credentials } = this.#settings;
    if (status < 200 || status >= 300) {
      throw refusedAnswer({ operation, status, headers, body, provider: credentials.name });
    }
    if (body === '') return {};
    try {
      return JSON.parse(body);
    } catch (cause) {
      throw new KvsError(
        'STATUS_SERVICE_CALL_UNKOWN_ERROR',
        `${operation}: ${endpoint.host} answered HTTP ${status} with something that is no JSON`,
        {
          cause,
          advice: 'Check the endpoint: this is not a response of Kinesis Video Streams.',
          failure: {
            kind: 'service',
            httpStatus: status,
            exception: undefined,
            retryAfterMs: undefined,
          },
        },
      );
    }
  }
}

function givenUp(operation: string, cause: unknown): KvsError {
  return new KvsError('STATUS_CLIENT_SHUTTING_DOWN', `${operation} was given up`, { cause });
}

/** As `promise`, unless the signal comes first; what the promise does then is nobody's affair. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

/** A stream as the service's requests name it. */
export function named(stream: StreamIdentifier): { StreamName: string } | { StreamARN: string } {
  return 'streamArn' in stream
    ? { StreamARN: stream.streamArn }
    : { StreamName: stream.streamName };
}
