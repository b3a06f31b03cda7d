import type { KinesisVideoClient, StreamInfo } from '@aws-sdk/client-kinesis-video';
import { KvsError } from '../errors/kvs-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { durationText } from '../runtime/duration-text.ts';
import type { Logger } from '../runtime/logger.ts';
import { refusalError } from './aws-exceptions.ts';
import type {
  ControlPlane,
  DataApi,
  StreamDescription,
  StreamIdentifier,
} from './control-plane-api.ts';
import type { Agents } from './network/agents.ts';
import { networkError } from './network/network-error.ts';
import { createSdkClient, type KinesisVideoSdk, loadKinesisVideoSdk } from './sdk-client.ts';
import { requireSecure } from './settings/endpoints.ts';
import type { CredentialProvider } from './signing/aws-credentials.ts';
import { ClockSkew } from './signing/clock-skew.ts';

/** Longest data endpoint upstream takes (MAX_URI_CHAR_LEN). */
const MAX_ENDPOINT_CHARS = 10_000;

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

/** The control plane, and what the rest of a producer shares with it. */
export type AwsControlPlane = ControlPlane & {
  /** The service's clock, measured with each call. */
  readonly clockSkew: ClockSkew;
  /** Loads the SDK ahead of the first call; never rejects. */
  warm(): Promise<void>;
};

type Loaded = { sdk: KinesisVideoSdk; client: KinesisVideoClient };

type Send<T> = (loaded: Loaded, options: { abortSignal: AbortSignal }) => Promise<T>;

/** An answer's metadata as the SDK hands it to its middleware. */
type SdkResponse = { response?: { statusCode?: number; headers?: Record<string, string> } };

/** Makes the control plane of AWS. Nothing is loaded or connected before the first call or warm(). */
export function createControlPlane(settings: ControlPlaneSettings): AwsControlPlane {
  requireSecure(settings.endpoint, settings.allowInsecureHttp === true);
  return new SdkControlPlane(settings);
}

class SdkControlPlane implements AwsControlPlane {
  readonly clockSkew: ClockSkew;
  readonly #settings: ControlPlaneSettings;
  readonly #underWay = new Set<AbortController>();
  #loaded: Promise<Loaded> | undefined;

  constructor(settings: ControlPlaneSettings) {
    this.#settings = settings;
    this.clockSkew = settings.skew ?? new ClockSkew(settings.clock, settings.log);
  }

  async warm(): Promise<void> {
    // A failure shows again, and is reported, with the first call.
    await this.#load().catch(() => {});
  }

  async describeStream(stream: StreamIdentifier): Promise<StreamDescription> {
    const { StreamInfo: info } = await this.#call('DescribeStream', ({ sdk, client }, options) =>
      client.send(new sdk.DescribeStreamCommand(named(stream)), options),
    );
    return description(info);
  }

  async createStream(
    request: Parameters<ControlPlane['createStream']>[0],
  ): Promise<{ streamArn: string }> {
    const { StreamARN: streamArn } = await this.#call('CreateStream', ({ sdk, client }, options) =>
      client.send(
        new sdk.CreateStreamCommand({
          StreamName: request.streamName,
          DataRetentionInHours: request.retentionHours,
          ...(request.deviceName ? { DeviceName: request.deviceName } : {}),
          ...(request.mediaType ? { MediaType: request.mediaType } : {}),
          ...(request.kmsKeyId ? { KmsKeyId: request.kmsKeyId } : {}),
        }),
        options,
      ),
    );
    if (streamArn === undefined) {
      throw new KvsError(
        'STATUS_INVALID_CREATE_STREAM_RESPONSE',
        `CreateStream answered without an ARN for ${request.streamName}`,
      );
    }
    return { streamArn };
  }

  async tagStream(stream: StreamIdentifier, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#call('TagStream', ({ sdk, client }, options) =>
      client.send(new sdk.TagStreamCommand({ ...named(stream), Tags: { ...tags } }), options),
    );
  }

  async updateDataRetention(
    stream: StreamIdentifier,
    change: { currentVersion: string; operation: 'INCREASE' | 'DECREASE'; hours: number },
  ): Promise<void> {
    await this.#call('UpdateDataRetention', ({ sdk, client }, options) =>
      client.send(
        new sdk.UpdateDataRetentionCommand({
          ...named(stream),
          CurrentVersion: change.currentVersion,
          Operation:
            change.operation === 'INCREASE' ? 'INCREASE_DATA_RETENTION' : 'DECREASE_DATA_RETENTION',
          DataRetentionChangeInHours: change.hours,
        }),
        options,
      ),
    );
  }

  async getDataEndpoint(stream: StreamIdentifier, api: DataApi = 'PUT_MEDIA'): Promise<string> {
    const { DataEndpoint: endpoint = '' } = await this.#call(
      'GetDataEndpoint',
      ({ sdk, client }, options) =>
        client.send(new sdk.GetDataEndpointCommand({ ...named(stream), APIName: api }), options),
    );
    if (endpoint.length > MAX_ENDPOINT_CHARS || !URL.canParse(endpoint)) {
      throw new KvsError(
        'STATUS_INVALID_URI_LEN',
        `GetDataEndpoint answered with no usable URL (${endpoint.length} characters)`,
      );
    }
    requireSecure(new URL(endpoint), this.#settings.allowInsecureHttp === true);
    return endpoint;
  }

  close(): void {
    for (const controller of this.#underWay) controller.abort();
    this.#settings.agents.close();
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

  /**
   * One call. It is repeated at once if it was refused for its date and the answer told the right one;
   * any other repetition is the caller's affair.
   */
  async #call<T>(operation: string, send: Send<T>): Promise<T> {
    const offsetMs = this.clockSkew.offsetMs;
    try {
      return await this.#try(operation, send);
    } catch (error) {
      const skewed = error instanceof KvsError && error.failure?.kind === 'clock-skew';
      if (!skewed || this.clockSkew.offsetMs === offsetMs) throw error;
      return this.#try(operation, send);
    }
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

function named(stream: StreamIdentifier): { StreamName: string } | { StreamARN: string } {
  return 'streamArn' in stream
    ? { StreamARN: stream.streamArn }
    : { StreamName: stream.streamName };
}

function description(info: StreamInfo | undefined): StreamDescription {
  if (info?.StreamARN === undefined || info.StreamName === undefined) {
    throw new KvsError(
      'STATUS_INVALID_DESCRIBE_STREAM_RESPONSE',
      'DescribeStream answered without the name and ARN of the stream',
    );
  }
  return {
    streamName: info.StreamName,
    streamArn: info.StreamARN,
    // A status that does not exist yet is nothing to send to; upstream takes it for DELETING too.
    status: info.Status ?? 'DELETING',
    retentionHours: info.DataRetentionInHours ?? 0,
    mediaType: info.MediaType,
    kmsKeyId: info.KmsKeyId,
    version: info.Version ?? '',
  };
}
