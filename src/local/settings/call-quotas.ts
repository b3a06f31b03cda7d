import type { Clock } from '../../runtime/clock.ts';
import { ServiceError } from '../errors/service-error.ts';
import { TokenBucket } from './token-bucket.ts';

/** Calls per second: of the account, and for each stream. */
type Quota = readonly [account: number, stream: number];

const ANY = Number.POSITIVE_INFINITY;

/**
 * AWS's quotas of calls, in the current edition of
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
 */
const QUOTAS: Readonly<Record<string, Quota>> = {
  CreateStream: [50, ANY],
  DescribeStream: [300, 5],
  GetDataEndpoint: [300, 5],
  ListStreams: [50, ANY],
  ListEdgeAgentConfigurations: [50, ANY],
  StartEdgeConfigurationUpdate: [10, 1],
  DeleteEdgeConfiguration: [10, 1],
  PutMedia: [ANY, 5],
  GetMedia: [ANY, 5],
  ListFragments: [ANY, 5],
  GetMediaForFragmentList: [ANY, 5],
  GetHLSStreamingSessionURL: [ANY, 25],
  GetDASHStreamingSessionURL: [ANY, 25],
  GetClip: [ANY, 25],
  GetImages: [ANY, 25],
};
/** Of the control plane's other operations. */
const OTHERS: Quota = [50, 5];

/** Beyond this many, those are forgotten that nobody used for a second. */
const MAX_BUCKETS = 10_000;

/** Holds the operations to AWS's quotas of calls. */
export class CallQuotas {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts a call.
   * @param stream the name or ARN that it has; undefined for one of no stream.
   * @throws ServiceError ClientLimitExceededException when it is one too many.
   */
  admit(operation: string, stream: string | undefined): void {
    const [account, perStream] = QUOTAS[operation] ?? OTHERS;
    const isWithin =
      this.#bucket(operation, account).take() &&
      (stream === undefined || this.#bucket(`${operation} ${stream}`, perStream).take());
    if (isWithin) return;
    throw new ServiceError(
      'ClientLimitExceededException',
      'Kinesis Video Streams has throttled the request because you have exceeded the limit of ' +
        'allowed client calls. Try making the call later.',
    );
  }

  #bucket(key: string, perSecond: number): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MAX_BUCKETS) {
      for (const [name, bucket] of this.#buckets) if (bucket.isFull) this.#buckets.delete(name);
    }
    const bucket = new TokenBucket(perSecond, this.#clock);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
