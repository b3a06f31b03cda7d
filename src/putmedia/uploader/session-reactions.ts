import { KvsError } from '../../errors/kvs-error.ts';
import type { StoredFragment } from '../../storage/stored-fragment.ts';
import { ackErrorOf } from '../session/ack-errors.ts';
import { reaches } from '../session/ack-level.ts';
import type {
  PutMediaSession,
  SessionEvents,
  SessionOutcome,
} from '../session/put-media-session.ts';
import type { SentFragment } from '../session/sent-fragments.ts';
import type { FragmentAck, UploaderCounters, UploaderDependencies } from '../uploader-api.ts';
import { countAck, smoothed } from './counters.ts';
import type { Demand, DemandParts } from './demand.ts';
import type { Recovery, RecoveryStep } from './recovery.ts';
import type { SessionEvidence } from './resends.ts';
import { endOf, errorOfAck, parkedBy } from './session-end.ts';
import type { AssignedSession } from './session-set.ts';
import type { StreamAccess } from './stream-setup.ts';
import type { UploaderReports } from './uploader-reports.ts';

/** Between two resets of a stale connection (StreamLatencyStateMachine's grace period). */
const STALE_RESET_QUIET_MS = 30_000;
/** The same where everything is received and nothing is persisted: doubled each time, up to this. */
const MAX_UNPERSISTED_QUIET_MS = 600_000;

/** What a session's events may ask of the uploader, which alone opens and waits. */
export type Supervisor = {
  /** Something was settled, ended or freed: does the next thing that has to be done. */
  plan(): void;
  /** Does what the policy says after a failure, and tells the application. */
  follow(
    step: RecoveryStep,
    error: KvsError,
    fragment: StoredFragment | undefined,
    session: number,
  ): void;
  /** The session's connection stands, or never will. */
  opened(session: PutMediaSession): void;
  /** Fragments were settled: whoever waits for all of them may be done. */
  settled(): void;
  resetConnection(reason: KvsError): void;
};

export type ReactionParts = DemandParts & {
  readonly demand: Demand;
  readonly recovery: Recovery;
  readonly reports: UploaderReports;
  readonly counters: UploaderCounters;
  readonly supervisor: Supervisor;
};

/** What follows from what a session tells: the rules, without the doing of anything later. */
export class SessionReactions {
  readonly #dependencies: UploaderDependencies;
  readonly #parts: ReactionParts;
  #closedBytes = 0;
  #nextStaleMs = Number.NEGATIVE_INFINITY;
  /** Resets because nothing was persisted, with nothing settled since. */
  #unpersistedResets = 0;
  /** Sessions that had all the time there is. */
  readonly #exhausted = new WeakSet<PutMediaSession>();

  constructor(dependencies: UploaderDependencies, parts: ReactionParts) {
    this.#dependencies = dependencies;
    this.#parts = parts;
  }

  /** Body bytes of the sessions that are over. */
  get closedBytes(): number {
    return this.#closedBytes;
  }

  /** The listener for one session; `assigned` is known once the session is made. */
  of(assigned: () => AssignedSession, access: StreamAccess): SessionEvents {
    const { clockSkew } = this.#dependencies.controlPlane;
    const { reports } = this.#parts;
    return {
      connected: () => this.#onConnected(assigned(), access),
      accepted: (latencyMs) => this.#onAccepted(assigned(), latencyMs, access),
      ack: (ack, sent) => this.#onAck(assigned(), ack, sent),
      ackProblem: (error) => reports.problem(error, undefined, assigned().session.id),
      written: (sent) => this.#onWritten(assigned(), sent),
      ended: () => this.#onEnded(),
      unpersisted: (error) => reports.problem(error, undefined, assigned().session.id),
      stale: (agoMs, error) => this.#onStale(assigned(), agoMs, error),
      date: (header, roundTripMs) => void clockSkew?.observe(header, roundTripMs),
      closed: (outcome) => this.#onClosed(assigned(), outcome),
    };
  }

  #onConnected(assigned: AssignedSession, access: StreamAccess): void {
    if (assigned.firstIndex === undefined) {
      this.#takeOver(assigned);
      this.#parts.rotation.schedule(access.credentials.expiration);
    }
    this.#parts.supervisor.opened(assigned.session);
    this.#parts.supervisor.plan();
  }

  /** A session that was opened beside the head gets the fragments from the next boundary on. */
  #takeOver(assigned: AssignedSession): void {
    const { source, sessions, demand } = this.#parts;
    const head = sessions.head;
    const gap = head === undefined ? demand.gap() : undefined;
    assigned.firstIndex =
      head?.session.handOver() ?? gap?.firstIndex ?? (source.newest?.index ?? -1) + 1;
    sessions.sort();
    if (gap !== undefined && gap.untilIndex !== Infinity) assigned.session.limitTo(gap.untilIndex);
    assigned.session.startAt(assigned.firstIndex);
  }

  #onAccepted({ session }: AssignedSession, latencyMs: number, access: StreamAccess): void {
    const { recovery, counters, reports } = this.#parts;
    recovery.onAccepted();
    counters.totalSessions += 1;
    counters.dataCallLatencyMs = smoothed(counters.dataCallLatencyMs, latencyMs);
    const endpoint = access.endpoint.origin;
    reports.connection({ kind: 'streaming', session: session.id, endpoint });
  }

  #onAck(assigned: AssignedSession, ack: FragmentAck, sent: SentFragment | undefined): void {
    const { counters, settlement, supervisor, reports } = this.#parts;
    const { session, level } = assigned;
    countAck(counters, ack, sent !== undefined);
    this.#dependencies.events.ack(ack, sent?.fragment, session.id);
    if (session.isClosed) return;
    if (ack.type === 'ERROR') {
      this.#onErrorAck(assigned, ack, sent);
    } else if (sent !== undefined && level !== undefined) {
      reports.solved();
      const wasSettled = sent.isSettled;
      settlement.check(sent, session.sent, level);
      supervisor.settled();
      if (sent.isSettled && !wasSettled) {
        this.#onSettled(sent);
      } else if (!sent.isSettled && reaches(sent.level, 'received')) {
        this.#parts.source.markReceived(sent.fragment);
      }
    } else if (sent === undefined && ack.type !== 'IDLE') {
      const text = `A ${ack.type} acknowledgement is for timecode ${ack.timecode}, which session ${session.id} did not send`;
      const error = new KvsError('STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW', text);
      reports.problem(error, undefined, session.id);
    }
  }

  /** The service keeps what it gets: what was held back because it did not may be sent again. */
  #onSettled(sent: SentFragment): void {
    const { resends, supervisor } = this.#parts;
    this.#unpersistedResets = 0;
    if (resends.confirmed(sent.fragment)) supervisor.plan();
  }

  /** An error ends the session, for the service reads it no further. What follows is in the table. */
  #onErrorAck(
    { session }: AssignedSession,
    ack: FragmentAck,
    sent: SentFragment | undefined,
  ): void {
    const { counters, settlement, recovery, supervisor } = this.#parts;
    const { action } = ackErrorOf(ack.errorId);
    const error = errorOfAck(ack, sent);
    session.abort();
    // It has got another header since, without the track that it turned out to have no frames of.
    if (action === 'skip' && sent !== undefined && sent.fragment.format !== session.format) {
      session.log.info('sent again with another header', { reason: error.message });
      supervisor.plan();
      return;
    }
    if (action === 'skip' && sent !== undefined && !settlement.isDone(sent.fragment)) {
      counters.skippedFragments += 1;
      settlement.reject(sent.fragment);
    }
    supervisor.follow(recovery.afterErrorAck(action), error, sent?.fragment, session.id);
    supervisor.settled();
  }

  #onWritten({ session, level }: AssignedSession, sent: SentFragment): void {
    const { settlement, supervisor } = this.#parts;
    if (level === undefined) {
      settlement.checkUnacknowledged(session.sent);
    } else {
      settlement.check(sent, session.sent, level);
      supervisor.settled();
    }
  }

  #onEnded(): void {
    this.#forgetRotationWithoutHead();
    this.#parts.supervisor.plan();
  }

  #onStale({ session }: AssignedSession, agoMs: number, error: KvsError): void {
    const nowMs = this.#dependencies.clock.monotonicMs();
    if (nowMs < this.#nextStaleMs) return;
    // Another connection may help once; what it did not help needs no third one soon.
    const isUnpersisted = error.code === 'STATUS_PERSISTED_ACK_TIMEOUT';
    const doublings = isUnpersisted ? this.#unpersistedResets++ : 0;
    this.#nextStaleMs =
      nowMs + Math.min(STALE_RESET_QUIET_MS * 2 ** doublings, MAX_UNPERSISTED_QUIET_MS);
    this.#parts.counters.staleEvents += 1;
    this.#parts.reports.problem(error, session.sent.oldestUnsettled()?.fragment, session.id);
    const isToReset = this.#dependencies.events.stale(agoMs, error);
    if (isToReset && !session.isClosed) {
      this.#exhausted.add(session);
      this.#parts.supervisor.resetConnection(error);
    }
  }

  #onClosed(assigned: AssignedSession, outcome: SessionOutcome): void {
    const { sessions, counters, recovery, supervisor } = this.#parts;
    const { session, dump } = assigned;
    sessions.remove(session);
    dump?.close();
    this.#closedBytes += session.sentBytes;
    if (session.wasAccepted) counters.avgSessionMs = smoothed(counters.avgSessionMs, session.ageMs);
    session.log.info('session closed', { outcome: outcome.kind, bytes: session.sentBytes });
    this.#forgetRotationWithoutHead();
    if (assigned.level !== undefined) {
      this.#parts.resends.sessionOver(session.sent, this.#evidenceOf(session, outcome));
    }
    if (session.sent.hasSettled) recovery.onProgress();
    supervisor.opened(session);
    if (outcome.kind !== 'aborted') this.#judge(assigned, outcome);
    for (const sent of session.sent.values()) {
      if (!sent.isSettled) this.#parts.source.abandon(sent.fragment);
    }
  }

  #evidenceOf(session: PutMediaSession, outcome: SessionOutcome): SessionEvidence {
    switch (outcome.kind) {
      case 'finished':
      case 'ended-by-service':
        return 'exhausted';
      case 'failed':
        return outcome.error.code === 'STATUS_PERSISTED_ACK_TIMEOUT' ? 'exhausted' : 'broken';
      case 'aborted':
        return this.#exhausted.has(session) ? 'exhausted' : 'broken';
    }
  }

  /** A session ended that nobody closed: what is left of its fragments? */
  #judge({ session, level }: AssignedSession, outcome: SessionOutcome): void {
    const { settlement, demand, counters, recovery, supervisor } = this.#parts;
    if (level === undefined && this.#isAllSent(session, outcome)) {
      settlement.settleAll(session.sent);
    }
    if (outcome.kind === 'ended-by-service') demand.park(parkedBy(session));
    const end = endOf(session, outcome, demand.parked);
    if (end.kind === 'failure') {
      counters.reconnects += end.isAccepted ? 1 : 0;
      const step = recovery.afterSession(end.error, end.isAccepted);
      supervisor.follow(step, end.error, end.fragment, session.id);
    }
    supervisor.settled();
    supervisor.plan();
  }

  /** Without acknowledgements, a good end after the last byte is all the confirmation there is. */
  #isAllSent({ sent }: PutMediaSession, outcome: SessionOutcome): boolean {
    const isLast = sent.last?.fragment === this.#parts.source.newest;
    return outcome.kind === 'finished' || (outcome.kind === 'ended-by-service' && isLast);
  }

  #forgetRotationWithoutHead(): void {
    const { sessions, rotation } = this.#parts;
    if (sessions.head === undefined) rotation.clear();
  }
}
