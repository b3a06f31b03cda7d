import { KvsError } from '../errors/kvs-error.ts';
import type { Timer } from '../runtime/clock.ts';
import type { SessionFormat, StoredFragment } from '../storage/types.ts';
import { ackErrorOf } from './ack-errors.ts';
import { countAck, newCounters, smoothed } from './counters.ts';
import { Drains } from './drains.ts';
import { openDump } from './dump.ts';
import { Recovery, type RecoveryStep } from './recovery.ts';
import { Reports } from './reports.ts';
import { rotateInMs } from './rotation.ts';
import type { SentFragment } from './sent-fragments.ts';
import { PutMediaSession, type SessionEvents, type SessionOutcome } from './session.ts';
import type { SessionLimits } from './session-limits.ts';
import { type Gap, type Member, SessionSet } from './session-set.ts';
import { Settlement, settledLevel } from './settlement.ts';
import { PutMediaSigner, type SignedPutMedia } from './signed-request.ts';
import { type StreamAccess, StreamSetup } from './stream-setup.ts';
import type {
  FragmentAck,
  Uploader,
  UploaderCounters,
  UploaderDependencies,
  UploaderSettings,
} from './types.ts';

/** curl's low-speed time of upstream: a connection that takes nothing for so long is lost. */
const STALL_TIMEOUT_MS = 30_000;
/** The service closes after 30 s without data (guide, PutMedia). */
const IDLE_TIMEOUT_MS = 30_000;
/** Upstream's wait for the last acknowledgement (stop-stream-timeout's default). */
const PERSIST_TIMEOUT_MS = 120_000;
/** A stream may have five PutMedia calls per second (guide, PutMedia, limits). */
const OPEN_INTERVAL_MS = 200;
/** Between two resets of a stale connection (StreamLatencyStateMachine's grace period). */
const STALE_QUIET_MS = 30_000;

/** What the uploader is doing about the next session. One thing at a time, so never a hot loop. */
type State =
  /** Not started. */
  | { readonly kind: 'new' }
  /** Nothing to be done: all fragments have a session, or there are none. */
  | { readonly kind: 'resting' }
  /** Describe … token under way, then the signature. */
  | { readonly kind: 'preparing' }
  /** A session was made and its connection does not stand yet. */
  | { readonly kind: 'opening'; readonly session: number }
  /** Backing off. */
  | { readonly kind: 'waiting'; readonly timer: Timer }
  | { readonly kind: 'stopped'; readonly reason: KvsError | undefined };

/** Makes the uploader of one stream. Nothing happens before start. */
export const createUploader = (
  settings: UploaderSettings,
  dependencies: UploaderDependencies,
): Uploader => new StreamUploader(settings, dependencies);

/**
 * The supervisor of one stream's sessions: finds out which fragments nobody sends, gets what a
 * session needs, opens it, and decides what follows when one ends. Owns back-off, roll-back and
 * rotation; the sessions own the bytes, the source owns the frames. docs/lifecycle.md tells the
 * whole protocol.
 */
class StreamUploader implements Uploader {
  readonly #settings: UploaderSettings;
  readonly #dependencies: UploaderDependencies;
  readonly #setup: StreamSetup;
  readonly #signer: PutMediaSigner;
  readonly #recovery: Recovery;
  readonly #settlement: Settlement;
  readonly #reports: Reports;
  readonly #drains: Drains;
  readonly #sessions = new SessionSet();
  readonly #limits: SessionLimits;
  readonly #counters = newCounters();
  #state: State = { kind: 'new' };
  #nextSessionId = 0;
  #closedBytes = 0;
  /** A new session is to take over from the head. */
  #isRotationDue = false;
  #rotateTimer: Timer | undefined;
  /** An open fragment that the service has seen all of: nothing is to be sent until it grows. */
  #parked: { readonly fragment: StoredFragment; readonly byteLength: number } | undefined;
  #lastStaleMs = Number.NEGATIVE_INFINITY;
  #lastOpenMs = Number.NEGATIVE_INFINITY;
  #isDraining = false;

  constructor(settings: UploaderSettings, dependencies: UploaderDependencies) {
    const { source, clock, random, events, log } = dependencies;
    this.#settings = settings;
    this.#dependencies = dependencies;
    this.#reports = new Reports(events, clock, log);
    this.#setup = new StreamSetup(settings, dependencies, (error) =>
      this.#reports.problem(error, undefined),
    );
    this.#signer = new PutMediaSigner(settings, dependencies);
    this.#recovery = new Recovery(clock, random, settings.recoverOnError);
    this.#settlement = new Settlement(source, clock, settings.replayDurationMs);
    this.#drains = new Drains(clock);
    this.#limits = {
      connectTimeoutMs: settings.connectTimeoutMs,
      responseTimeoutMs: settings.completionTimeoutMs * 3,
      stallTimeoutMs: STALL_TIMEOUT_MS,
      endTimeoutMs: Math.max(settings.completionTimeoutMs * 3, STALL_TIMEOUT_MS),
      persistTimeoutMs: PERSIST_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      stalenessMs: settings.fragmentAcks ? settings.connectionStalenessMs : 0,
      staleQuietMs: STALE_QUIET_MS,
    };
  }

  get counters(): UploaderCounters {
    let openBytes = 0;
    for (const { session } of this.#sessions.all()) {
      openBytes += session.sentBytes;
    }
    this.#counters.transferredBytes = this.#closedBytes + openBytes;
    this.#counters.activeSessions = this.#sessions.size;
    return this.#counters;
  }

  start(): void {
    if (this.#state.kind === 'new') {
      this.#dependencies.source.onChange = () => this.#onChange();
      this.#to({ kind: 'resting' });
      this.#plan();
    }
  }

  resetConnection(reason: KvsError): void {
    if (this.#state.kind === 'new' || this.#state.kind === 'stopped') {
      return;
    }
    this.#dependencies.log.warn('connection reset', { reason: reason.message });
    this.#counters.reconnects += this.#sessions.size > 0 ? 1 : 0;
    this.#abortSessions();
    if (this.#state.kind === 'waiting') {
      this.#state.timer.cancel();
      this.#to({ kind: 'resting' });
    }
    this.#plan();
  }

  drain(timeoutMs: number): Promise<void> {
    if (this.#state.kind === 'stopped') {
      return Promise.reject(this.#state.reason ?? closedError());
    }
    this.#isDraining = true;
    this.#parked = undefined;
    const drained = this.#drains.add(timeoutMs, () => this.#drainTimedOut(timeoutMs));
    for (const { session } of this.#sessions.all()) {
      session.finish();
    }
    this.#checkDrained();
    this.#plan();
    return drained;
  }

  close(): void {
    this.#stop(undefined, undefined);
  }

  /** Bytes were committed, a fragment was completed, begun or dropped. Once per frame. */
  #onChange(): void {
    this.#sessions.pump();
    if (this.#state.kind === 'resting') {
      this.#plan();
    }
  }

  /** Does the next thing that has to be done, if nothing is being done. */
  #plan(): void {
    if (this.#state.kind !== 'resting') {
      return;
    }
    const isNeeded = this.#mustRotate || this.#nextGap() !== undefined;
    const tooSoonMs = this.#lastOpenMs + OPEN_INTERVAL_MS - this.#dependencies.clock.monotonicMs();
    if (isNeeded && tooSoonMs > 0) {
      this.#wait(tooSoonMs);
    } else if (isNeeded || !this.#recovery.wasReady) {
      void this.#prepare();
    } else if (this.#sessions.size === 0) {
      this.#reports.connection({ kind: 'idle' });
    }
  }

  get #mustRotate(): boolean {
    return this.#isRotationDue && !this.#isDraining && this.#sessions.head !== undefined;
  }

  #nextGap(): Gap | undefined {
    return this.#sessions.firstGap(this.#dependencies.source, (fragment) =>
      this.#isWaiting(fragment),
    );
  }

  /** True for a fragment that a session is needed for now. */
  #isWaiting(fragment: StoredFragment): boolean {
    if (this.#settlement.isDone(fragment)) {
      return false;
    }
    const parked = this.#parked;
    if (parked?.fragment === fragment && !fragment.complete) {
      return fragment.byteLength > parked.byteLength;
    }
    return fragment.byteLength > 0 || fragment.complete;
  }

  async #prepare(): Promise<void> {
    const { clock, events } = this.#dependencies;
    const preparing: State = { kind: 'preparing' };
    const isCurrent = (): boolean => this.#state === preparing;
    this.#to(preparing);
    if (this.#sessions.size === 0) {
      this.#reports.connection({ kind: 'connecting', attempt: this.#recovery.attempt });
    }
    const startedMs = clock.monotonicMs();
    const result = await this.#setup.pass();
    if (!isCurrent()) {
      return;
    }
    const latencyMs = clock.monotonicMs() - startedMs;
    this.#counters.controlCallLatencyMs = smoothed(this.#counters.controlCallLatencyMs, latencyMs);
    switch (result.kind) {
      case 'pending':
        this.#dependencies.log.info('waiting for the stream', { status: result.status });
        this.#wait(this.#recovery.afterPending());
        return;
      case 'failed': {
        const next = this.#recovery.afterSetup(result.step, result.error);
        this.#follow(next, this.#recovery.named(result.step, result.error), undefined);
        return;
      }
      case 'ready':
        this.#recovery.onReady();
        events.ready(result.access.description.streamArn);
        if (isCurrent()) {
          await this.#open(result.access, isCurrent);
        }
    }
  }

  /** Opens the session that is needed, if one still is. */
  async #open(access: StreamAccess, isCurrent: () => boolean): Promise<void> {
    const { source } = this.#dependencies;
    const format = (this.#firstToSend() ?? source.newest)?.format;
    if (format === undefined || (this.#nextGap() === undefined && !this.#mustRotate)) {
      this.#to({ kind: 'resting' });
      this.#plan();
      return;
    }
    let request: SignedPutMedia;
    try {
      request = await this.#signer.sign(access, format);
    } catch (cause) {
      const error = signingError(cause);
      this.#follow(this.#recovery.afterSession(error, false), error, undefined);
      return;
    }
    if (!isCurrent()) {
      return;
    }
    // The gap is looked for again: things may have changed while the request was signed.
    const gap = this.#nextGap();
    const first = gap && source.get(gap.firstIndex);
    if ((gap === undefined && !this.#mustRotate) || (first && first.format !== format)) {
      this.#to({ kind: 'resting' });
      this.#plan();
      return;
    }
    this.#launch(access, request, format, gap);
  }

  #firstToSend(): StoredFragment | undefined {
    const gap = this.#nextGap();
    return gap && this.#dependencies.source.get(gap.firstIndex);
  }

  /** Makes the session; without a gap it only connects, and takes over from the head then. */
  #launch(
    access: StreamAccess,
    request: SignedPutMedia,
    format: SessionFormat,
    gap: Gap | undefined,
  ): void {
    const { source, clock, credentials, log, agentFor } = this.#dependencies;
    const id = this.#nextSessionId++;
    const { retentionHours, streamName } = access.description;
    const level = settledLevel(this.#settings, retentionHours);
    const sessionLog = log.child({ session: id });
    const dump = openDump(this.#settings.dumpDirectory, streamName, id, sessionLog);
    this.#counters.totalSessions += 1;
    this.#lastOpenMs = clock.monotonicMs();
    this.#to({ kind: 'opening', session: id });
    const member: Member = {
      firstIndex: gap?.firstIndex,
      level,
      dump,
      session: new PutMediaSession({
        id,
        url: request.url,
        headers: request.headers,
        agent: agentFor(request.url),
        source,
        format,
        firstIndex: gap?.firstIndex,
        isDone: (fragment) => this.#settlement.isDone(fragment),
        settledLevel: level,
        limits: this.#limits,
        provider: credentials.name,
        clock,
        log: sessionLog,
        dump: dump && ((bytes) => dump.write(bytes)),
        events: this.#eventsOf(() => member, access),
      }),
    };
    this.#sessions.add(member);
    sessionLog.info('session opened', { host: request.url.host, fragment: gap?.firstIndex });
    if (gap !== undefined && gap.untilIndex !== Infinity) {
      member.session.limitTo(gap.untilIndex);
    } else {
      this.#scheduleRotation(access);
    }
    if (this.#isDraining) {
      member.session.finish();
    }
    member.session.pump();
  }

  #eventsOf(member: () => Member, access: StreamAccess): SessionEvents {
    const { clockSkew } = this.#dependencies.controlPlane;
    return {
      connected: () => this.#onConnected(member()),
      accepted: (latencyMs) => this.#onAccepted(member(), latencyMs, access),
      ack: (ack, sent) => this.#onAck(member(), ack, sent),
      ackProblem: (error) => this.#reports.problem(error, undefined),
      written: (sent) => this.#onWritten(member(), sent),
      ended: () => this.#onEnded(),
      stale: (lastAckAgoMs) => this.#onStale(member(), lastAckAgoMs),
      date: (header, roundTripMs) => void clockSkew?.observe(header, roundTripMs),
      closed: (outcome) => this.#onClosed(member(), outcome),
    };
  }

  #onConnected(member: Member): void {
    if (member.firstIndex === undefined) {
      this.#takeOver(member);
    }
    if (this.#state.kind === 'opening' && this.#state.session === member.session.id) {
      this.#to({ kind: 'resting' });
      this.#plan();
    }
  }

  /** A session that was opened beside the head gets the fragments from the next boundary on. */
  #takeOver(member: Member): void {
    const { source } = this.#dependencies;
    const head = this.#sessions.head;
    const gap = head === undefined ? this.#nextGap() : undefined;
    this.#isRotationDue = false;
    member.firstIndex =
      head?.session.handOver() ?? gap?.firstIndex ?? (source.newest?.index ?? -1) + 1;
    this.#sessions.sort();
    if (gap !== undefined && gap.untilIndex !== Infinity) {
      member.session.limitTo(gap.untilIndex);
    }
    member.session.startAt(member.firstIndex);
  }

  #onAccepted({ session }: Member, latencyMs: number, access: StreamAccess): void {
    this.#recovery.onAccepted();
    this.#counters.dataCallLatencyMs = smoothed(this.#counters.dataCallLatencyMs, latencyMs);
    const endpoint = access.endpoint.origin;
    this.#reports.connection({ kind: 'streaming', session: session.id, endpoint });
  }

  #onAck(member: Member, ack: FragmentAck, sent: SentFragment | undefined): void {
    const { session, level } = member;
    countAck(this.#counters, ack, sent !== undefined);
    this.#dependencies.events.ack(ack, sent?.fragment, session.id);
    if (session.isClosed) {
      return;
    }
    if (ack.type === 'ERROR') {
      this.#onErrorAck(member, ack, sent);
    } else if (sent !== undefined && level !== undefined) {
      this.#settlement.check(sent, session.sent, level);
      this.#checkDrained();
    } else if (sent === undefined && ack.type !== 'IDLE') {
      const text = `a ${ack.type} acknowledgement is for timecode ${ack.timecode}, which session ${session.id} did not send`;
      const error = new KvsError('STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW', text);
      this.#reports.problem(error, undefined);
    }
  }

  /** An error ends the session, for the service reads it no further. What follows is in the table. */
  #onErrorAck({ session }: Member, ack: FragmentAck, sent: SentFragment | undefined): void {
    const { name, errorId, status, action, meaning } = ackErrorOf(ack.errorId);
    const which =
      sent === undefined ? `timecode ${ack.timecode}` : `fragment ${sent.fragment.index}`;
    const text = `the service refused ${which}: ${errorId} ${name}, ${meaning}`;
    const error = new KvsError(status, text);
    session.abort();
    if (action === 'skip' && sent !== undefined && !this.#settlement.isDone(sent.fragment)) {
      this.#counters.skippedFragments += 1;
      this.#settlement.reject(sent.fragment);
    }
    this.#follow(this.#recovery.afterErrorAck(action), error, sent?.fragment);
    this.#checkDrained();
  }

  #onWritten({ session, level }: Member, sent: SentFragment): void {
    if (level === undefined) {
      this.#settlement.checkUnacknowledged(session.sent);
    } else {
      this.#settlement.check(sent, session.sent, level);
      this.#checkDrained();
    }
  }

  #onEnded(): void {
    this.#forgetRotationWithoutHead();
    this.#plan();
  }

  #onStale({ session }: Member, lastAckAgoMs: number): void {
    const nowMs = this.#dependencies.clock.monotonicMs();
    if (nowMs - this.#lastStaleMs < STALE_QUIET_MS) {
      return;
    }
    this.#lastStaleMs = nowMs;
    this.#counters.staleEvents += 1;
    this.#dependencies.events.stale(lastAckAgoMs);
    if (!session.isClosed && this.#settings.resetOnStale !== false) {
      const text = `nothing was acknowledged for ${Math.round(lastAckAgoMs / 1000)} s while data was sent`;
      this.resetConnection(new KvsError('STATUS_SERVICE_CALL_TIMEOUT_ERROR', text));
    }
  }

  #onClosed(member: Member, outcome: SessionOutcome): void {
    const { session, level, dump } = member;
    this.#sessions.remove(session);
    dump?.close();
    this.#closedBytes += session.sentBytes;
    this.#counters.avgSessionMs = smoothed(this.#counters.avgSessionMs, session.ageMs);
    session.log.info('session closed', { outcome: outcome.kind, bytes: session.sentBytes });
    this.#forgetRotationWithoutHead();
    if (this.#state.kind === 'opening' && this.#state.session === session.id) {
      this.#to({ kind: 'resting' });
    }
    if (outcome.kind === 'aborted') {
      return;
    }
    if (outcome.kind === 'finished' && level === undefined) {
      this.#settlement.settleAll(session.sent);
    }
    if (outcome.kind === 'ended-by-service') {
      this.#park(session);
    }
    this.#followEnd(session, outcome);
    this.#checkDrained();
    this.#plan();
  }

  /** An end that leaves nothing to be sent again is no failure: an idle producer's, a rotation's. */
  #followEnd(session: PutMediaSession, outcome: SessionOutcome): void {
    const fragment = session.sent.oldestUnsettled()?.fragment;
    const isParked = fragment !== undefined && fragment === this.#parked?.fragment;
    const isClean = (fragment === undefined || isParked) && session.sent.last !== undefined;
    if (outcome.kind === 'failed') {
      if (!isClean || !outcome.isAccepted) {
        this.#counters.reconnects += outcome.isAccepted ? 1 : 0;
        const step = this.#recovery.afterSession(outcome.error, outcome.isAccepted);
        this.#follow(step, outcome.error, fragment);
      }
      return;
    }
    if (!isClean && (fragment !== undefined || !session.isEnded)) {
      this.#counters.reconnects += 1;
      const count = session.sent.unsettledCount;
      const text = `the service ended session ${session.id} without acknowledging ${count} of its fragments`;
      const error = new KvsError('STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED', text);
      this.#follow(this.#recovery.afterSession(error, true), error, fragment);
    }
  }

  /** The service has ended a session for want of data: what it has all of is not sent again yet. */
  #park({ sent, hasSentAll }: PutMediaSession): void {
    const last = sent.last;
    if (last !== undefined && !last.isSettled && hasSentAll && !this.#isDraining) {
      const { fragment } = last;
      this.#parked = { fragment, byteLength: fragment.byteLength };
    }
  }

  #forgetRotationWithoutHead(): void {
    if (this.#sessions.head === undefined) {
      this.#rotateTimer?.cancel();
      this.#isRotationDue = false;
    }
  }

  /** The application hears of it now, the service after the back-off. */
  #follow(step: RecoveryStep, error: KvsError, fragment: StoredFragment | undefined): void {
    if (step.kind === 'fatal') {
      this.#stop(error, fragment);
      return;
    }
    for (const what of step.invalidate) {
      this.#setup.invalidate(what);
    }
    this.#counters.retries += 1;
    this.#reports.problem(error, fragment);
    if (this.#sessions.size === 0) {
      const { attempt, delayMs: nextTryInMs } = step;
      this.#reports.connection({ kind: 'reconnecting', reason: error, attempt, nextTryInMs });
    }
    this.#wait(step.delayMs);
  }

  #wait(delayMs: number): void {
    // Two sessions may fail together: the first one's back-off serves both.
    if (this.#state.kind === 'stopped' || this.#state.kind === 'waiting') {
      return;
    }
    const timer = this.#dependencies.clock.after(delayMs, () => {
      if (this.#state.kind === 'waiting') {
        this.#to({ kind: 'resting' });
        this.#plan();
      }
    });
    this.#to({ kind: 'waiting', timer });
  }

  #scheduleRotation({ credentials }: StreamAccess): void {
    const { clock, random, controlPlane } = this.#dependencies;
    // An expiration is by the service's clock, which the machine's may be far from.
    const nowMs = controlPlane.clockSkew?.now().getTime() ?? clock.nowMs();
    const expiresInMs = credentials.expiration && credentials.expiration.getTime() - nowMs;
    const inMs = rotateInMs({ maxSessionMs: this.#settings.maxSessionMs, expiresInMs }, random);
    this.#rotateTimer?.cancel();
    this.#isRotationDue = false;
    this.#rotateTimer = clock.after(inMs, () => {
      this.#isRotationDue = true;
      this.#plan();
    });
  }

  #checkDrained(): void {
    if (this.#isDraining && this.#settlement.oldestOpen() === undefined) {
      this.#drains.settle();
    }
  }

  #drainTimedOut(timeoutMs: number): KvsError {
    const left = this.#settlement.countOpen();
    const text = `${left} fragments were not acknowledged within ${timeoutMs / 1000} s of the end of the stream`;
    return new KvsError('STATUS_OPERATION_TIMED_OUT', text);
  }

  #stop(error: KvsError | undefined, fragment: StoredFragment | undefined): void {
    if (this.#state.kind === 'stopped') {
      return;
    }
    if (this.#state.kind === 'waiting') {
      this.#state.timer.cancel();
    }
    this.#to({ kind: 'stopped', reason: error });
    this.#rotateTimer?.cancel();
    this.#setup.close();
    this.#dependencies.source.onChange = undefined;
    this.#abortSessions();
    if (error === undefined) {
      this.#reports.connection({ kind: 'closed' });
    } else {
      this.#reports.fatal(error, fragment);
    }
    this.#drains.fail(error ?? closedError());
  }

  #abortSessions(): void {
    for (const { session } of this.#sessions.all()) {
      session.abort();
    }
  }

  #to(state: State): void {
    if (state.kind !== this.#state.kind) {
      this.#dependencies.log.debug(`${this.#state.kind} -> ${state.kind}`);
    }
    this.#state = state;
  }
}

const closedError = (): KvsError =>
  new KvsError('STATUS_STREAM_HAS_BEEN_STOPPED', 'the uploader was closed');

const signingError = (cause: unknown): KvsError =>
  new KvsError('STATUS_HMAC_GENERATION_ERROR', 'signing the PutMedia request failed', { cause });
