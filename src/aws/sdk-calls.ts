import type { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { KvsError } from '../errors/kvs-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { durationText } from '../runtime/duration-text.ts';
import type { Logger } from '../runtime/logger.ts';
import { refusalError } from './aws-exceptions.ts';
import type { StreamIdentifier } from './control-plane-api.ts';
import type { Agents } from './network/agents.ts';
import { networkError } from './network/network-error.ts';
import { createSdkClient, type KinesisVideoSdk, loadKinesisVideoSdk } from './sdk-client.ts';
import type { CredentialProvider } from './signing/aws-credentials.ts';
import { ClockSkew } from './signing/clock-skew.ts';

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

type Loaded = { sdk: KinesisVideoSdk; client: KinesisVideoClient };

/** One command, sent with the loaded client. */
type Send<T> = (loaded: Loaded, options: { abortSignal: AbortSignal }) => Promise<T>;

/** An answer's metadata as the SDK hands it to its middleware. */
type SdkResponse = { response?: { statusCode?: number; headers?: Record<string, string> } };

/** Calls of the SDK's client, each bounded in time and failing with a KvsError. */
export class SdkCalls {
  readonly clockSkew: ClockSkew;
  readonly #settings: ControlPlaneSettings;
  readonly #underWay = new Set<AbortController>();
  #loaded: Promise<Loaded> | undefined;

  /** Nothing is loaded or connected before the first call or warm(). */
  constructor(settings: ControlPlaneSettings) {
    this.#settings = settings;
    this.clockSkew = settings.skew ?? new ClockSkew(settings.clock, settings.log);
  }

  /** Loads the SDK ahead of the first call; never rejects. */
  async warm(): Promise<void> {
    // A failure shows again, and is reported, with the first call.
    await this.#load().catch(() => {});
  }

  /** Gives up calls under way and idle connections. */
  close(): void {
    for (const controller of this.#underWay) controller.abort();
    this.#settings.agents.close();
  }

  /**
   * One call. It is repeated at once if it was refused for its date and the answer told the right one;
   * any other repetition is the caller's affair.
   * @throws KvsError whose `status` is what upstream maps the answer to, with the service's words
   */
  async call<T>(operation: string, send: Send<T>): Promise<T> {
    const offsetMs = this.clockSkew.offsetMs;
    try {
      return await this.#try(operation, send);
    } catch (error) {
      const skewed = error instanceof KvsError && error.failure?.kind === 'clock-skew';
      if (!skewed || this.clockSkew.offsetMs === offsetMs) throw error;
      return this.#try(operation, send);
    }
  }

  #load(): Promise<Loaded> {
    this.#loaded ??= loadKinesisVideoSdk()
      .then((sdk) => {
        const client = createSdkClient(sdk, { ...this.#settings, skew: this.clockSkew });
        return { sdk, client };
      })
      .catch((error: unknown) => {
        // A CA file that could not be read may be there with the next call.
        this.#loaded = undefined;
        throw error;
      });
    return this.#loaded;
  }

  /** One request with its time-outs; whatever goes wrong becomes a KvsError. */
  async #try<T>(operation: string, send: Send<T>): Promise<T> {
    const { clock, log, completionTimeoutMs } = this.#settings;
    const loaded = await this.#load();
    const controller = new AbortController();
    this.#underWay.add(controller);
    const startedMs = clock.monotonicMs();
    let timedOut = false;
    const timer = clock.after(completionTimeoutMs, () => {
      timedOut = true;
      controller.abort();
    });
    try {
      const output = await send(loaded, { abortSignal: controller.signal });
      log.debug('control call done', {
        operation,
        ms: Math.round(clock.monotonicMs() - startedMs),
      });
      return output;
    } catch (error) {
      throw this.#failure(operation, error, timedOut, controller.signal.aborted);
    } finally {
      timer.cancel();
      this.#underWay.delete(controller);
    }
  }

  #failure(operation: string, error: unknown, timedOut: boolean, aborted: boolean): KvsError {
    if (error instanceof KvsError) return error;
    const { endpoint, completionTimeoutMs, credentials } = this.#settings;
    if (timedOut) {
      const timeout = new Error(`nothing within ${durationText(completionTimeoutMs)}`, {
        cause: error,
      });
      timeout.name = 'TimeoutError';
      return networkError(operation, endpoint.host, timeout);
    }
    if (aborted) {
      return new KvsError('STATUS_CLIENT_SHUTTING_DOWN', `${operation} was given up`, {
        cause: error,
      });
    }
    const answer = answerOf(error);
    if (answer === undefined) return networkError(operation, endpoint.host, error);
    return refusalError({ operation, provider: credentials.name, ...answer, cause: error });
  }
}

/** What the service said, from the SDK's exception; undefined if it said nothing. */
function answerOf(error: unknown) {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { $metadata, $response } = error as Error & {
    $metadata: { httpStatusCode?: number; requestId?: string };
    $response?: SdkResponse['response'];
  };
  const httpStatus = $metadata.httpStatusCode ?? $response?.statusCode;
  if (httpStatus === undefined) return undefined;
  return {
    httpStatus,
    exception: error.name === 'Error' ? undefined : error.name,
    message: error.message,
    requestId: $metadata.requestId,
    retryAfter: $response?.headers?.['retry-after'],
  };
}

/** A stream as the service's requests name it. */
export function named(stream: StreamIdentifier): { StreamName: string } | { StreamARN: string } {
  return 'streamArn' in stream
    ? { StreamARN: stream.streamArn }
    : { StreamName: stream.streamName };
}
