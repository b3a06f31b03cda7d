import type { StreamIdentifier } from '../aws/control-plane-api.ts';
import type { CredentialProperties } from '../aws/credentials/credential-settings.ts';
import type { AwsCredentials, CredentialProvider } from '../aws/signing/aws-credentials.ts';
import type { AbortSignalLike } from '../runtime/abort-signal-like.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { PinoLike } from '../runtime/pino-logger.ts';
import type { ConsumerReconnect } from './calls/retries.ts';

/** Which stream is read, and the way to it; all but the stream has a default. */
export type ConsumerOptions = StreamIdentifier & {
  /** By default AWS_REGION and the other places where AWS's tools look; us-west-2 if none has it. */
  readonly region?: string;
  /** Of the control plane; by default CONTROL_PLANE_URI, else the region's. */
  readonly endpoint?: string;
  /** Keys, a source of keys, or where to look for them; by default where AWS's tools look. */
  readonly credentials?: AwsCredentials | CredentialProvider | CredentialProperties;
  /** PEM file or folder with CAs to trust beside the system's. */
  readonly caFile?: string;
  /** Name and version in front of the User-Agent header, at most 32 characters. */
  readonly userAgent?: string;
  /** Plain http to another machine than this one. */
  readonly allowInsecureHttp?: boolean;
  /**
   * Without a byte for so long while one is waited for, a call is made again where it stopped; the
   * time that your loop takes does not count. 30 000 by default.
   */
  readonly idleTimeoutMs?: number;
  /** Until a call's answer begins. 15 000 by default. */
  readonly answerTimeoutMs?: number;
  /** Instead of the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Instead of the machine's clock, for tests. */
  readonly clock?: Clock;
  /** Instead of Math.random, for tests. */
  readonly random?: Random;
  /** A pino logger, createLogger's, or one's own; by default nothing is logged. */
  readonly logger?: Logger | PinoLike;
};

/** Where GetMedia begins. */
export type MediaStart =
  /** With what is being produced now. */
  | 'now'
  /** With the oldest fragment that is retained. */
  | 'earliest'
  /** With the first fragment at or behind a time. */
  | { readonly producerTimestamp: Date }
  | { readonly serverTimestamp: Date }
  /** Behind a fragment. */
  | { readonly afterFragmentNumber: string }
  | { readonly continuationToken: string };

/** Options of KinesisVideoConsumer.media. */
export type MediaOptions = {
  /** 'now' by default. */
  readonly start?: MediaStart;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignalLike;
  /** Told each time that the connection is lost and opened anew; see ConsumerReconnect. */
  readonly onReconnect?: (reconnect: ConsumerReconnect) => void;
};

/** A part of what is stored. */
export type ArchiveRange = {
  readonly from: Date;
  /**
   * Without it, all that is stored from there on: a producer's times can lie ahead of the clock, as
   * those of a file do that is sent faster than it plays.
   */
  readonly to?: Date;
  /** Which of a fragment's times lies in the range; 'producer' by default. */
  readonly by?: 'producer' | 'server';
  /** How many lists of fragments are fetched at once, 1 … 5; 2 by default. */
  readonly parallel?: number;
  /** Told each time that a call failed and is made again. */
  readonly onReconnect?: (reconnect: ConsumerReconnect) => void;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignalLike;
};

/** A stored fragment as ListFragments describes it. */
export type ListedFragment = {
  /** Decimal. */
  readonly number: string;
  readonly bytes: number;
  readonly producerTimestamp: Date;
  readonly serverTimestamp: Date;
  readonly durationMs: number;
};

/** Which part of a stream a player gets, and for how long. */
export type HlsOptions = {
  /** From this time on, and while it grows unless there is a `to`; by default what is produced now. */
  readonly from?: Date;
  readonly to?: Date;
  /** Whose times these are; 'producer' by default. */
  readonly by?: 'producer' | 'server';
  /** How long the URL can be used: 300 … 43 200 s; 3 600 by default. */
  readonly expiresSeconds?: number;
};

/** A way for players to a stream. Whoever knows the URL can watch until it expires. */
export type HlsSession = {
  /** Of the HLS master playlist. */
  readonly url: string;
  readonly expires: Date;
};
