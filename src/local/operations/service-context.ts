import type { Exchange } from '../faults/fault-exchange.ts';
import type { FaultSet } from '../faults/fault-set.ts';
import type { IngestContext } from '../ingest/put-media-request.ts';
import type { PlaybackSessions } from '../playback/sessions/playback-sessions.ts';
import type { CallQuotas } from '../settings/call-quotas.ts';
import type { VerifierSettings } from '../sigv4/verify.ts';
import type { StreamRegistry } from '../streams/stream-registry.ts';

/** What the operations share. */
export type ServiceContext = IngestContext & {
  readonly streams: StreamRegistry;
  readonly playback: PlaybackSessions;
  readonly verifier: VerifierSettings;
  readonly faults: FaultSet;
  /** Undefined when calls are not limited. */
  readonly quotas: CallQuotas | undefined;
};

/** What an operation knows of the request beside its input. */
export type Call = {
  readonly context: ServiceContext;
  /** The request, as faults see it. */
  readonly exchange: Exchange;
  /** Region of the caller's signature: where the stream is said to be. */
  readonly region: string;
  /** The service as the client reached it, e.g. `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
};
