import type { Clock } from '../../runtime/clock.ts';
import { ServiceError } from '../errors/service-error.ts';
import { TokenBucket } from './token-bucket.ts';

/** Calls per second: of the account, and for each stream. */
type Quota = readonly [account: number, stream: number];

const ANY = Number.POSITIVE_INFINITY;

/**
 * AWS's quotas of calls, as of 2026:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html (control plane, data plane),
 * https://docs.aws.amazon.com/kinesisvideostreams-webrtc-dg/latest/devguide/kvswebrtc-limits.html
 * (tags of resources, media storage configurations).
 */
const QUOTAS: Readonly<Record<string, Quota>> = {
  CreateStream: [50, ANY],
  DescribeStream: [300, 5],
  GetDataEndpoint: [300, 5],
  ListStreams: [50, ANY],
  ListEdgeAgentConfigurations: [50, ANY],
  StartEdgeConfigurationUpdate: [10, 1],
  DeleteEdgeConfiguration: [10, 1],
  UpdateMediaStorageConfiguration: [10, 5],
  PutMedia: [ANY, 5],
  GetMedia: [ANY, 5],
  GetHLSStreamingSessionURL: [ANY, 25],
  GetDASHStreamingSessionURL: [ANY, 25],
  // By the fragments that they ask for.
  ListFragments: [ANY, ANY],
  GetMediaForFragmentList: [ANY, ANY],
  GetClip: [ANY, ANY],
  GetImages: [ANY, ANY],
};
/** Of the control plane's other operations. */
const OTHERS: Quota = [50, 5];

/** Points per second and stream, shared by all that list fragments, and by all that send them. */
const FRAGMENT_POINTS = { metadata: 10_000, media: 500 } as const;

/** Requests per second of a session's player. */
const PLAYER_REQUESTS: Readonly<Record<string, number>> = {
  GetDASHManifest: 5,
  GetHLSMasterPlaylist: 5,
  GetHLSMediaPlaylist: 5,
  GetMP4InitFragment: 5,
  GetMP4MediaFragment: 20,
  GetTSFragment: 20,
};

/** Beyond this many, those are forgotten that nobody used for a second. */
const MAX_BUCKETS = 10_000;

/** A session, as far as its requests are counted. */
export type PlayedSession = {
  readonly token: string;
  readonly stream: { readonly record: { readonly name: string } };
  readonly settings: { readonly maxFragments: number };
};

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
    if (!this.#bucket(operation, account).take()) throw throttled(operation);
    if (stream === undefined) return;
    if (!this.#bucket(`${operation} ${stream}`, perStream).take()) throw throttled(operation);
  }

  /**
   * Counts fragments that a call asks for.
   * @throws ServiceError ClientLimitExceededException when they are too many for now.
   */
  admitFragments(kind: keyof typeof FRAGMENT_POINTS, stream: string, fragments: number): void {
    const bucket = this.#bucket(`fragment ${kind} ${stream}`, FRAGMENT_POINTS[kind]);
    if (!bucket.take(fragments)) throw throttled(`fragment ${kind}`);
  }

  /**
   * Counts what a session's player fetches: `GetHLSMediaPlaylist`, `GetMP4MediaFragment`, …
   * @throws ServiceError ClientLimitExceededException when it is one too many.
   */
  admitPlayer(request: string, session: PlayedSession): void {
    const perSecond = PLAYER_REQUESTS[request] ?? ANY;
    if (!this.#bucket(`${request} ${session.token}`, perSecond).take()) throw throttled(request);
    const { name } = session.stream.record;
    if (request === 'GetHLSMediaPlaylist' || request === 'GetDASHManifest') {
      this.admitFragments('metadata', name, session.settings.maxFragments);
    } else if (request === 'GetMP4MediaFragment' || request === 'GetTSFragment') {
      this.admitFragments('media', name, 1);
    }
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

function throttled(what: string): ServiceError {
  return new ServiceError(
    'ClientLimitExceededException',
    'Kinesis Video Streams has throttled the request because you have exceeded the limit of ' +
      'allowed client calls. Try making the call later.',
    { cause: `the quota of ${what}` },
  );
}
