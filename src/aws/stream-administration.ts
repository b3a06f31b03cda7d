import type { StreamInfo } from '@aws-sdk/client-kinesis-video';
import type { StreamIdentifier } from './control-plane-api.ts';
import { named, type SdkCalls } from './sdk-calls.ts';

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
export function createStreamAdministration(calls: SdkCalls): StreamAdministration {
  return {
    async describe(stream) {
      const { StreamInfo: info } = await calls.call('DescribeStream', ({ sdk, client }, options) =>
        client.send(new sdk.DescribeStreamCommand(named(stream)), options),
      );
      return details(info ?? {});
    },
    async list({ prefix, max }, next) {
      const answer = await calls.call('ListStreams', ({ sdk, client }, options) =>
        client.send(
          new sdk.ListStreamsCommand({
            MaxResults: max,
            NextToken: next,
            ...(prefix === undefined
              ? {}
              : {
                  StreamNameCondition: {
                    ComparisonOperator: 'BEGINS_WITH',
                    ComparisonValue: prefix,
                  },
                }),
          }),
          options,
        ),
      );
      return { items: (answer.StreamInfoList ?? []).map(details), next: answer.NextToken };
    },
    async tags(stream, next) {
      const answer = await calls.call('ListTagsForStream', ({ sdk, client }, options) =>
        client.send(
          new sdk.ListTagsForStreamCommand({ ...named(stream), NextToken: next }),
          options,
        ),
      );
      return { items: answer.Tags ?? {}, next: answer.NextToken };
    },
    async untag(stream, keys) {
      await calls.call('UntagStream', ({ sdk, client }, options) =>
        client.send(
          new sdk.UntagStreamCommand({ ...named(stream), TagKeyList: [...keys] }),
          options,
        ),
      );
    },
    async delete(streamArn, version) {
      await calls.call('DeleteStream', ({ sdk, client }, options) =>
        client.send(
          new sdk.DeleteStreamCommand({ StreamARN: streamArn, CurrentVersion: version }),
          options,
        ),
      );
    },
  };
}

function details(info: StreamInfo): StreamDetails {
  return {
    name: info.StreamName ?? '',
    arn: info.StreamARN ?? '',
    status: info.Status ?? '',
    created: info.CreationTime,
    retentionHours: info.DataRetentionInHours ?? 0,
    mediaType: info.MediaType,
    deviceName: info.DeviceName,
    kmsKeyId: info.KmsKeyId,
    version: info.Version ?? '',
  };
}
