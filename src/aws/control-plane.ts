import type { StreamInfo } from '@aws-sdk/client-kinesis-video';
import { KvsError } from '../errors/kvs-error.ts';
import type {
  ControlPlane,
  DataApi,
  StreamDescription,
  StreamIdentifier,
} from './control-plane-api.ts';
import { type ControlPlaneSettings, named, SdkCalls } from './sdk-calls.ts';
import { requireSecure } from './settings/endpoints.ts';
import type { ClockSkew } from './signing/clock-skew.ts';
import { createStreamAdministration, type StreamAdministration } from './stream-administration.ts';

/** Longest data endpoint upstream takes (MAX_URI_CHAR_LEN). */
const MAX_ENDPOINT_CHARS = 10_000;

/** The control plane, and what the rest of a producer shares with it. */
export type AwsControlPlane = ControlPlane & {
  /** The service's clock, measured with each call. */
  readonly clockSkew: ClockSkew;
  /** The calls that no producer makes. */
  readonly administration: StreamAdministration;
  /** Loads the SDK ahead of the first call; never rejects. */
  warm(): Promise<void>;
};

/** Makes the control plane of AWS. Nothing is loaded or connected before the first call or warm(). */
export function createControlPlane(settings: ControlPlaneSettings): AwsControlPlane {
  requireSecure(settings.endpoint, settings.allowInsecureHttp === true);
  return new SdkControlPlane(settings);
}

class SdkControlPlane implements AwsControlPlane {
  readonly clockSkew: ClockSkew;
  readonly administration: StreamAdministration;
  readonly #calls: SdkCalls;
  readonly #allowInsecureHttp: boolean;

  constructor(settings: ControlPlaneSettings) {
    this.#calls = new SdkCalls(settings);
    this.#allowInsecureHttp = settings.allowInsecureHttp === true;
    this.clockSkew = this.#calls.clockSkew;
    this.administration = createStreamAdministration(this.#calls);
  }

  warm(): Promise<void> {
    return this.#calls.warm();
  }

  async describeStream(stream: StreamIdentifier): Promise<StreamDescription> {
    const { StreamInfo: info } = await this.#calls.call(
      'DescribeStream',
      ({ sdk, client }, options) =>
        client.send(new sdk.DescribeStreamCommand(named(stream)), options),
    );
    return description(info);
  }

  async createStream(
    request: Parameters<ControlPlane['createStream']>[0],
  ): Promise<{ streamArn: string }> {
    const { StreamARN: streamArn } = await this.#calls.call(
      'CreateStream',
      ({ sdk, client }, options) =>
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
    await this.#calls.call('TagStream', ({ sdk, client }, options) =>
      client.send(new sdk.TagStreamCommand({ ...named(stream), Tags: { ...tags } }), options),
    );
  }

  async updateDataRetention(
    stream: StreamIdentifier,
    change: { currentVersion: string; operation: 'INCREASE' | 'DECREASE'; hours: number },
  ): Promise<void> {
    await this.#calls.call('UpdateDataRetention', ({ sdk, client }, options) =>
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
    const { DataEndpoint: endpoint = '' } = await this.#calls.call(
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
    requireSecure(new URL(endpoint), this.#allowInsecureHttp);
    return endpoint;
  }

  close(): void {
    this.#calls.close();
  }
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
