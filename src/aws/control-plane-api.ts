import type { ClockSkew } from './signing/clock-skew.ts';

/** DescribeStream's answer, as far as a producer needs it. */
export type StreamDescription = {
  readonly streamName: string;
  readonly streamArn: string;
  readonly status: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';
  readonly retentionHours: number;
  readonly mediaType: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly version: string;
};

/** APIs of the data endpoints that are used here, as GetDataEndpoint calls them. */
export type DataApi =
  | 'PUT_MEDIA'
  | 'GET_MEDIA'
  | 'LIST_FRAGMENTS'
  | 'GET_MEDIA_FOR_FRAGMENT_LIST'
  | 'GET_HLS_STREAMING_SESSION_URL';

/** A stream is named by either of the two. */
export type StreamIdentifier = { readonly streamName: string } | { readonly streamArn: string };

/**
 * The five control-plane calls. Each rejects with a KvsError whose `status` is what upstream maps
 * the answer to and whose message has the service's words.
 */
export type ControlPlane = {
  /**
   * The service's clock as measured with each call. Sign PutMedia at its time, and show it the
   * Date header of each answer.
   */
  readonly clockSkew?: ClockSkew;
  describeStream(stream: StreamIdentifier): Promise<StreamDescription>;
  createStream(request: {
    streamName: string;
    deviceName?: string;
    mediaType?: string;
    kmsKeyId?: string;
    retentionHours: number;
  }): Promise<{ streamArn: string }>;
  tagStream(stream: StreamIdentifier, tags: Readonly<Record<string, string>>): Promise<void>;
  updateDataRetention(
    stream: StreamIdentifier,
    change: { currentVersion: string; operation: 'INCREASE' | 'DECREASE'; hours: number },
  ): Promise<void>;
  /**
   * The data endpoint for an API, by default PutMedia, e.g.
   * `https://s-1234.kinesisvideo.us-west-2.amazonaws.com`.
   */
  getDataEndpoint(stream: StreamIdentifier, api?: DataApi): Promise<string>;
  /** Gives up calls under way and idle connections. */
  close(): void;
};
