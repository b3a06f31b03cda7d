import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Behaviours } from './settings/behaviours.ts';
import type { IngestLimits } from './settings/ingest-limits.ts';
import type { CredentialMap } from './sigv4/credential-store.ts';
import type { StreamRegistry } from './streams/stream-registry.ts';

/** How to run a local service; everything has a default but the folder. */
export type LocalServiceOptions = {
  /** Where streams, fragments and the certificate are kept; created when missing. */
  readonly dataDir: string;
  /** Port of plain http, which is only ever served on loopback. Default 0: any free one. */
  readonly port?: number;
  /** Port of https; none is opened without it. 0: any free one. */
  readonly tlsPort?: number;
  /** Address https listens on; http too, if it is a loopback address. Default 127.0.0.1. */
  readonly host?: string;
  /** Access keys the service knows; default: the local key, and the environment's. */
  readonly credentials?: CredentialMap;
  /** Refuses signatures for another region; any is accepted without it. */
  readonly region?: string;
  /** Account in ARNs. Default 123456789012. */
  readonly accountId?: string;
  /** Delays, and other ways in which a service may differ. */
  readonly behaviours?: Partial<Behaviours>;
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
  readonly dataDir: string;
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
