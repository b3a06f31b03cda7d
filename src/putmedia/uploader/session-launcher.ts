import type { RequestSigner } from '../../aws/signing/aws-credentials.ts';
import { createSigner } from '../../aws/signing/signer.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import type { AckLevel, SessionFormat, StoredFragment } from '../../storage/stored-fragment.ts';
import { openDump } from '../session/dump.ts';
import { PutMediaSession, type SessionEvents } from '../session/put-media-session.ts';
import { putMediaHeaders } from '../session/request-headers.ts';
import type { SessionLimits } from '../session/session-limits.ts';
import type { UploaderDependencies, UploaderSettings } from '../uploader-api.ts';
import type { AssignedSession } from './session-set.ts';
import type { StreamAccess } from './stream-setup.ts';

/** curl's low-speed time of upstream: a connection that takes nothing for so long is lost. */
const STALL_TIMEOUT_MS = 30_000;
/** The service closes after 30 s without data (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html). */
const IDLE_TIMEOUT_MS = 30_000;
/** Upstream's wait for the last acknowledgement (stop-stream-timeout's default). */
const PERSIST_TIMEOUT_MS = 120_000;
/** The answer's first line comes with the first data; three calls' time is more than patient. */
const RESPONSE_CALLS = 3;
/** The service persists within seconds: one that does not for so long is worth a warning. */
const PERSIST_WARNING_MS = 20_000;
/** Between two reports of one session's staleness. */
const STALE_REPORT_QUIET_MS = 30_000;

/** A PutMedia request that is ready to be sent, now. */
export type SignedPutMedia = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
};

/** The service takes seconds to persist a fragment, and a staleness may be set below that. */
const MIN_SETTLE_TIMEOUT_MS = 30_000;

/** Which acknowledgement lets the store forget a fragment; undefined when none are sent at all. */
function settledLevel(settings: UploaderSettings, retentionHours: number): AckLevel | undefined {
  if (!settings.fragmentAcks) return undefined;
  // The stream's own retention, not the caller's: without it nothing is ever persisted.
  return retentionHours > 0 ? 'persisted' : 'received';
}

/** Signs the request of each session at the moment it is opened, and opens it. */
export class SessionLauncher {
  readonly #settings: UploaderSettings;
  readonly #dependencies: UploaderDependencies;
  readonly #sign: RequestSigner;
  readonly #limits: SessionLimits;
  #nextId = 0;

  constructor(settings: UploaderSettings, dependencies: UploaderDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    const { region } = dependencies;
    this.#sign = dependencies.sign ?? createSigner({ region });
    const answerMs = settings.completionTimeoutMs * RESPONSE_CALLS;
    const stalenessMs = settings.fragmentAcks ? settings.connectionStalenessMs : 0;
    this.#limits = {
      connectTimeoutMs: settings.connectTimeoutMs,
      responseTimeoutMs: answerMs,
      stallTimeoutMs: STALL_TIMEOUT_MS,
      endTimeoutMs: Math.max(answerMs, STALL_TIMEOUT_MS),
      persistTimeoutMs: PERSIST_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      stalenessMs,
      settleTimeoutMs: stalenessMs > 0 ? Math.max(stalenessMs, MIN_SETTLE_TIMEOUT_MS) : 0,
      persistWarningMs: PERSIST_WARNING_MS,
      staleQuietMs: STALE_REPORT_QUIET_MS,
    };
  }

  /**
   * Signs a request for now.
   * @throws KvsError STATUS_HMAC_GENERATION_ERROR
   */
  sign(access: StreamAccess, format: SessionFormat): SignedPutMedia {
    const { streamArn, fragmentAcks, absoluteFragmentTimes, userAgent } = this.#settings;
    // All of it: whatever is thrown must come as an error that the uploader goes on after.
    try {
      const { clock, controlPlane } = this.#dependencies;
      const now = controlPlane.clockSkew?.now() ?? new Date(clock.nowMs());
      const url = new URL('/putMedia', access.endpoint);
      const { streamName } = access.description;
      const headers = putMediaHeaders(url, {
        stream: streamArn === undefined ? { streamName } : { streamArn },
        fragmentAcks,
        absoluteFragmentTimes,
        userAgent,
        producerStartMs: format.producerStartMs ?? now.getTime(),
      });
      const signed = this.#sign({
        method: 'POST',
        url,
        headers,
        // Streaming is signed as an empty body (upstream's AwsV4Signer.c has the same).
        body: undefined,
        credentials: access.credentials,
        date: now,
      });
      return { url, headers: signed };
    } catch (cause) {
      throw new KvsError('STATUS_HMAC_GENERATION_ERROR', 'Signing the PutMedia request failed', {
        cause,
      });
    }
  }

  /** Opens a session. Its events come later than this call's return. */
  launch(options: {
    access: StreamAccess;
    request: SignedPutMedia;
    format: SessionFormat;
    /** Undefined: the session only connects for now. */
    firstIndex: number | undefined;
    isDone: (fragment: StoredFragment) => boolean;
    eventsOf: (assigned: () => AssignedSession) => SessionEvents;
  }): AssignedSession {
    const { access, request, firstIndex } = options;
    const { source, clock, credentials, log, agentFor } = this.#dependencies;
    const { retentionHours, streamName } = access.description;
    const id = this.#nextId++;
    const sessionLog = log.child({ session: id });
    const level = settledLevel(this.#settings, retentionHours);
    const dump = openDump(this.#settings.dumpDirectory, streamName, id, sessionLog);
    const assigned: AssignedSession = {
      firstIndex,
      level,
      dump,
      session: new PutMediaSession({
        id,
        url: request.url,
        headers: request.headers,
        agent: agentFor(request.url),
        source,
        format: options.format,
        firstIndex,
        isDone: options.isDone,
        settledLevel: level,
        limits: this.#limits,
        provider: credentials.name,
        clock,
        log: sessionLog,
        dump: dump && ((bytes) => dump.write(bytes)),
        events: options.eventsOf(() => assigned),
      }),
    };
    sessionLog.info('session opened', { host: request.url.host, fragment: firstIndex });
    return assigned;
  }
}
