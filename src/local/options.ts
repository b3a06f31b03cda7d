import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Fault } from './faults/fault.ts';
import type { LocalFaults } from './faults/fault-set.ts';
import type { Behaviours } from './settings/behaviours.ts';
import type { IngestLimits } from './settings/ingest-limits.ts';
import type { CredentialMap } from './sigv4/credential-store.ts';
import type { StreamRegistry } from './streams/stream-registry.ts';

/** How to run a local service; everything has a default but the folder. */
export type LocalServiceOptions = {
  /** Where streams, fragments and the certificate are kept; created when missing. */
  readonly dataDir: string;
  /**
   * Keeps streams and fragments in memory alone, up to this much media; then the oldest fragments
   * go. Only what other machines need is still in the folder: `tls/` and `credentials`.
   */
  readonly memoryBytes?: number;
  /** Port of plain http, which is only ever served on loopback. Default 0: any free one. */
  readonly port?: number;
  /** Port of https; none is opened without it. 0: any free one. */
  readonly tlsPort?: number;
  /** Address https listens on; http too, if it is a loopback address. Default 127.0.0.1. */
  readonly host?: string;
  /** Further names by which clients reach the service; they go into its certificate, too. */
  readonly names?: readonly string[];
  /**
   * Origins of pages that may call the API from a browser, such as `http://localhost:3000`; `*` for
   * all. Default: none but the service's own page.
   */
  readonly allowOrigins?: readonly string[];
  /**
   * Access keys the service knows; default: the local key, which works on this machine alone, the
   * environment's, and with a `host` that others can reach the one in `credentialsFile`.
   */
  readonly credentials?: CredentialMap;
  /** Where the environment's key is read by default. Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Refuses signatures for another region; any is accepted without it. */
  readonly region?: string;
  /** Account in ARNs. Default 123456789012. */
  readonly accountId?: string;
  /** Delays, and other ways in which a service may differ. */
  readonly behaviours?: Partial<Behaviours>;
  /** Faults from the first request on; `service.faults` has them, and takes others. */
  readonly faults?: readonly Fault[];
  /** Serves /metrics and /health at an address of their own, too, over plain http. */
  readonly metrics?: { readonly host: string; readonly port: number };
  /** Limits calls, fragments and bandwidth per second as AWS's quotas do. Default false. */
  readonly awsLimits?: boolean;
  /** Other limits of PutMedia and GetMedia. */
  readonly limits?: Partial<IngestLimits>;
  /** Instead of the machine's clock, for tests. */
  readonly clock?: Clock;
  /** By default nothing is logged. */
  readonly log?: Logger;
};

/** A running local service. */
export type LocalService = {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  readonly url: string;
  /** `https://…`, when a TLS port was asked for. */
  readonly tlsUrl: string | undefined;
  /** PEM file of the certificate authority that signed the service's certificate. */
  readonly caFile: string | undefined;
  /** AWS credentials file with the key for other machines, when they can reach the service. */
  readonly credentialsFile: string | undefined;
  readonly dataDir: string;
  /** Address of /metrics and /health beside `url`, when one was asked for. */
  readonly metricsUrl: string | undefined;
  /** What goes wrong on demand. */
  readonly faults: LocalFaults;
  /**
   * The streams, their fragments and files, for the project's own tests. Others ask the service.
   * @internal
   */
  readonly streams: StreamRegistry;
  /** Ends every connection and resolves when everything is on disk. Idempotent. */
  close(): Promise<void>;
  /** As `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
};
