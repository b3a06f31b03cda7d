import type { Agent } from 'node:http';
import type { ControlPlane } from '../aws/control-plane-api.ts';
import type { CredentialProvider, RequestSigner } from '../aws/signing/aws-credentials.ts';
import type { KvsError } from '../errors/kvs-error.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { FragmentSource, StoredFragment } from '../storage/stored-fragment.ts';
import type { BackoffOptions } from './backoff.ts';

/** One acknowledgement as the service sent it. */
export type FragmentAck = {
  readonly type: 'BUFFERING' | 'RECEIVED' | 'PERSISTED' | 'ERROR' | 'IDLE';
  /** In timecode-scale units as sent; undefined when the service gave none. */
  readonly timecode: bigint | undefined;
  readonly fragmentNumber: string | undefined;
  /** 4000 … 5001; present for ERROR. */
  readonly errorId: number | undefined;
  readonly errorCode: string | undefined;
};

/** What is reported to the application about the connection; upstream has nothing like it. */
export type ConnectionState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'streaming'; readonly session: number; readonly endpoint: string }
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'reconnecting';
      readonly reason: KvsError;
      readonly attempt: number;
      readonly nextTryInMs: number;
    }
  | { readonly kind: 'failed'; readonly reason: KvsError }
  | { readonly kind: 'closed' };

/** What the uploader tells its owner. All are called synchronously, on the JS thread. */
export type UploaderEvents = {
  /** Stream exists and can be sent to (upstream's streamReady). Again after each pass. */
  ready(streamArn: string): void;
  connection(state: ConnectionState): void;
  ack(ack: FragmentAck, fragment: StoredFragment | undefined, session: number): void;
  /** Every error, recoverable or not; `fatal` means that the uploader has stopped for good. */
  error(error: KvsError, info: { fatal: boolean; fragment: StoredFragment | undefined }): void;
  /**
   * For connectionStalenessMs data was sent and nothing was acknowledged, or nothing got its last
   * acknowledgement; `reason` says which. Returns whether the connection is to be made anew.
   */
  stale(agoMs: number, reason: KvsError): boolean;
};

/**
 * How a stream is to be found, made and sent; durations in ms. The names are those of the application's
 * StreamInfo, where it is StreamInfo that says it.
 */
export type UploaderSettings = {
  /** Name to create; ignored for an ARN. */
  readonly streamName: string | undefined;
  readonly streamArn: string | undefined;
  readonly deviceName: string;
  /** For a stream that is created; a promise while it is not yet known what it will hold. */
  readonly contentType: () => string | Promise<string>;
  readonly kmsKeyId: string | undefined;
  readonly retentionHours: number;
  readonly updateRetention: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly allowStreamCreation: boolean;
  readonly fragmentAcks: boolean;
  readonly absoluteFragmentTimes: boolean;
  readonly restartOnError: boolean;
  /**
   * Frames' times come from this machine's clock, and are set right when it is: as long as it is
   * plainly wrong and no answer has told the time, nothing is sent. By default false.
   */
  readonly waitsForClock?: boolean;
  readonly replayDurationMs: number;
  readonly connectionStalenessMs: number;
  readonly connectTimeoutMs: number;
  readonly completionTimeoutMs: number;
  readonly userAgent: string;
  /** Session length limit; 45 min at the service, tokens 40 min. */
  readonly maxSessionMs: number;
  /** How long is waited before each retry; upstream's by default. */
  readonly backoff?: BackoffOptions | undefined;
  /**
   * What is known of the stream between two sessions: `all` that was described, and its endpoint;
   * `endpoint-only`, and the stream is never described, created or tagged but taken as there is;
   * `none`: everything is asked for each session. By default `all`.
   */
  readonly apiCallCaching?: 'all' | 'endpoint-only' | 'none';
  /** How long an endpoint is good for. By default 40 minutes (producer-c). */
  readonly apiCallCachingPeriodMs?: number;
  /** Plain http to a host that is not this machine. */
  readonly allowInsecureHttp: boolean;
  /**
   * Folder for a copy of what each session sends, `<streamName>_<session>.mkv`
   * (KVS_DEBUG_DUMP_DATA_FILE_DIR); undefined for none.
   */
  readonly dumpDirectory?: string | undefined;
};

export type UploaderDependencies = {
  readonly source: FragmentSource;
  readonly controlPlane: ControlPlane;
  readonly credentials: CredentialProvider;
  /** Signs for this region. */
  readonly region: string;
  /** Signs PutMedia; made for `region` if absent. */
  readonly sign?: RequestSigner;
  /** For https (trust, proxy) and for http. */
  readonly agentFor: (url: URL) => Agent;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly events: UploaderEvents;
};

/** Counters that never go back; the producer's metrics are made of them. */
export type UploaderCounters = {
  transferredBytes: number;
  /** Answered 200. */
  totalSessions: number;
  /** Open now. */
  activeSessions: number;
  bufferingAcks: number;
  receivedAcks: number;
  persistedAcks: number;
  errorAcks: number;
  reconnects: number;
  retries: number;
  staleEvents: number;
  skippedFragments: number;
  /** Exponential averages in ms. */
  controlCallLatencyMs: number;
  dataCallLatencyMs: number;
  avgSessionMs: number;
};

/** The supervisor: owns states, back-off, roll-back, rotation; never the frames. */
export type Uploader = {
  /** Starts describe … endpoint at once; PutMedia opens with the first fragment. */
  start(): void;
  /** New session; the buffer is kept and what is not acknowledged is sent again. */
  resetConnection(reason: KvsError): void;
  /** Something has changed that may have been in the way: a back-off under way is cut short. */
  retryNow(): void;
  /**
   * The source will get no more data: sends what is left, waits for the last acks.
   * Resolves when everything is settled; rejects with STATUS_OPERATION_TIMED_OUT after `timeoutMs`,
   * or with the fatal error.
   */
  drain(timeoutMs: number): Promise<void>;
  /** Ends everything now. Idempotent. */
  close(): void;
  readonly counters: UploaderCounters;
};
