import type { StreamIdentifier } from './control-plane-api.ts';
import { JsonFields } from './json-fields.ts';
import { named, type ServiceCalls } from './service-calls.ts';

/** All that DescribeStream and ListStreams say of a stream; undefined is what they leave out. */
export type StreamDetails = {
  readonly name: string;
  readonly arn: string;
  /** `CREATING`, `ACTIVE`, `UPDATING`, `DELETING`, or one that came later. */
  readonly status: string;
  readonly created: Date | undefined;
  /** Zero: nothing is retained. */
  readonly retentionHours: number;
  readonly mediaType: string | undefined;
  readonly deviceName: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly version: string;
};

/** One page of a list; `next` asks for the page behind it. */
export type ListPage<T> = { readonly items: T; readonly next: string | undefined };

/** What people do with streams, and producers do not. Each call rejects as those of ControlPlane. */
export type StreamAdministration = {
  describe(stream: StreamIdentifier): Promise<StreamDetails>;
  /** In the order of names. */
  list(
    request: { prefix?: string | undefined; max?: number | undefined },
    next?: string,
  ): Promise<ListPage<readonly StreamDetails[]>>;
  tags(
    stream: StreamIdentifier,
    next?: string,
  ): Promise<ListPage<Readonly<Record<string, string>>>>;
  /** Keys that the stream does not have are ignored by the service. */
  untag(stream: StreamIdentifier, keys: readonly string[]): Promise<void>;
  /** Refused when the stream has changed since it had this version. */
  delete(streamArn: string, version: string): Promise<void>;
};

/** Makes one that calls as the control plane does. */
export function createStreamAdministration(calls: ServiceCalls): StreamAdministration {
  return {
    async describe(stream) {
      const answer = new JsonFields(await calls.call('DescribeStream', named(stream)));
      return details(answer.object('StreamInfo'));
    },
    async list({ prefix, max }, next) {
      const answer = new JsonFields(
        await calls.call('ListStreams', {
          MaxResults: max,
          NextToken: next,
          StreamNameCondition:
            prefix === undefined
              ? undefined
              : { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: prefix },
        }),
      );
      return {
        items: answer.objects('StreamInfoList').map(details),
        next: answer.text('NextToken'),
      };
    },
    async tags(stream, next) {
      const input = { NextToken: next, ...named(stream) };
      const answer = new JsonFields(await calls.call('ListTagsForStream', input));
      return { items: answer.object('Tags').texts(), next: answer.text('NextToken') };
    },
    async untag(stream, keys) {
      await calls.call('UntagStream', { TagKeyList: keys, ...named(stream) });
    },
    async delete(streamArn, version) {
      await calls.call('DeleteStream', { StreamARN: streamArn, CurrentVersion: version });
    },
  };
}

function details(info: JsonFields): StreamDetails {
  const createdS = info.number('CreationTime');
  return {
    name: info.text('StreamName') ?? '',
    arn: info.text('StreamARN') ?? '',
    status: info.text('Status') ?? '',
    created: createdS === undefined ? undefined : new Date(Math.round(createdS * 1000)),
    retentionHours: info.number('DataRetentionInHours') ?? 0,
    mediaType: info.text('MediaType'),
    deviceName: info.text('DeviceName'),
    kmsKeyId: info.text('KmsKeyId'),
    version: info.text('Version') ?? '',
  };
}
