import { KvsError } from '../errors/kvs-error.ts';
import type { ControlPlane, StreamDescription } from './control-plane-api.ts';
import { JsonFields } from './json-fields.ts';
import { type ControlPlaneSettings, named, ServiceCalls } from './service-calls.ts';
import { requireSecure } from './settings/endpoints.ts';
import type { ClockSkew } from './signing/clock-skew.ts';
import { createStreamAdministration, type StreamAdministration } from './stream-administration.ts';

/** Longest data endpoint upstream takes (MAX_URI_CHAR_LEN). */
const MAX_ENDPOINT_CHARS = 10_000;

const STATUSES: readonly string[] = ['CREATING', 'ACTIVE', 'UPDATING', 'DELETING'];

/** The control plane, and what the rest of a producer shares with it. */
export type AwsControlPlane = ControlPlane & {
  /** The service's clock, measured with each call. */
  readonly clockSkew: ClockSkew;
  /** The calls that no producer makes. */
  readonly administration: StreamAdministration;
};

/** Makes the control plane of AWS. Nothing is connected before the first call. */
export function createControlPlane(settings: ControlPlaneSettings): AwsControlPlane {
  requireSecure(settings.endpoint, settings.allowInsecureHttp === true);
  const calls = new ServiceCalls(settings);
  return {
    clockSkew: calls.clockSkew,
    administration: createStreamAdministration(calls),

    async describeStream(stream) {
      const answer = new JsonFields(await calls.call('DescribeStream', named(stream)));
      return description(answer.object('StreamInfo'));
    },

    async createStream({ streamName, deviceName, mediaType, kmsKeyId, retentionHours }) {
      const answer = new JsonFields(
        await calls.call('CreateStream', {
          StreamName: streamName,
          DeviceName: deviceName || undefined,
          MediaType: mediaType || undefined,
          KmsKeyId: kmsKeyId || undefined,
          DataRetentionInHours: retentionHours,
        }),
      );
      const streamArn = answer.text('StreamARN');
      if (streamArn !== undefined) return { streamArn };
      throw new KvsError(
        'STATUS_INVALID_CREATE_STREAM_RESPONSE',
        `CreateStream answered without an ARN for ${streamName}`,
      );
    },

    async tagStream(stream, tags) {
      await calls.call('TagStream', { Tags: tags, ...named(stream) });
    },

    async updateDataRetention(stream, { currentVersion, operation, hours }) {
      await calls.call('UpdateDataRetention', {
        CurrentVersion: currentVersion,
        Operation: operation === 'INCREASE' ? 'INCREASE_DATA_RETENTION' : 'DECREASE_DATA_RETENTION',
        DataRetentionChangeInHours: hours,
        ...named(stream),
      });
    },

    async getDataEndpoint(stream, api = 'PUT_MEDIA') {
      const input = { APIName: api, ...named(stream) };
      const answer = new JsonFields(await calls.call('GetDataEndpoint', input));
      const endpoint = answer.text('DataEndpoint') ?? '';
      if (endpoint.length > MAX_ENDPOINT_CHARS || !URL.canParse(endpoint)) {
        throw new KvsError(
          'STATUS_INVALID_URI_LEN',
          `GetDataEndpoint answered with no usable URL (${endpoint.length} characters)`,
        );
      }
      requireSecure(new URL(endpoint), settings.allowInsecureHttp === true);
      return endpoint;
    },

    close: () => calls.close(),
  };
}

function description(info: JsonFields): StreamDescription {
  const streamArn = info.text('StreamARN');
  const streamName = info.text('StreamName');
  if (streamArn === undefined || streamName === undefined) {
    throw new KvsError(
      'STATUS_INVALID_DESCRIBE_STREAM_RESPONSE',
      'DescribeStream answered without the name and ARN of the stream',
    );
  }
  return {
    streamName,
    streamArn,
    status: statusOf(info),
    retentionHours: info.number('DataRetentionInHours') ?? 0,
    mediaType: info.text('MediaType'),
    kmsKeyId: info.text('KmsKeyId'),
    version: info.text('Version') ?? '',
  };
}

/** A status that does not exist yet is nothing to send to; upstream takes it for DELETING too. */
function statusOf(info: JsonFields): StreamDescription['status'] {
  const status = info.text('Status');
  const isKnown = (text: string): text is StreamDescription['status'] => STATUSES.includes(text);
  return status !== undefined && isKnown(status) ? status : 'DELETING';
}
