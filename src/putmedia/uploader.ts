import { KvsError } from '../errors/kvs-error.ts';
import type { Timer } from '../runtime/clock.ts';
import type { SessionFormat, StoredFragment } from '../storage/types.ts';
import { ackErrorOf } from './ack-errors.ts';
import { countAck, newCounters, smoothed } from './counters.ts';
import { Drains } from './drains.ts';
import { Recovery, type RecoveryStep } from './recovery.ts';
import { Reports } from './reports.ts';
import { Rotation } from './rotation.ts';
import type { SentFragment } from './sent-fragments.ts';
import type { PutMediaSession, SessionEvents, SessionOutcome } from './session.ts';
import { endOf, errorOfAck, type Parked, parkedBy } from './session-end.ts';
import { SessionLauncher, type SignedPutMedia } from './session-launcher.ts';
import { type Gap, type Member, SessionSet } from './session-set.ts';
import { Settlement } from './settlement.ts';
import { type StreamAccess, StreamSetup } from './stream-setup.ts';
import type {
  FragmentAck,
  Uploader,
  UploaderCounters,
  UploaderDependencies,
  UploaderSettings,
} from './types.ts';

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
  readonly #launcher: SessionLauncher;
  readonly #recovery: Recovery;
  readonly #settlement: Settlement;
  readonly #reports: Reports;
  readonly #drains: Drains;
  readonly #sessions = new SessionSet();
  readonly #rotation: Rotation;
  readonly #counters = newCounters();
  #state: State = { kind: 'new' };
  #closedBytes = 0;
  /** An open fragment that the service has seen all of: nothing is to be sent until it grows. */
  #parked: Parked | undefined;
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
    this.#launcher = new SessionLauncher(settings, dependencies);
    this.#recovery = new Recovery(clock, random, settings.recoverOnError);
    this.#settlement = new Settlement(source, clock, settings.replayDurationMs);
    this.#drains = new Drains(clock);
    this.#rotation = new Rotation({
      clock,
      skew: dependencies.controlPlane.clockSkew,
      random,
      maxSessionMs: settings.maxSessionMs,
      onDue: () => this.#plan(),
    });
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
    return this.#rotation.isDue && !this.#isDraining && this.#sessions.head !== undefined;
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
    const format = this.#formatToSend();
    if (format === undefined) {
      this.#to({ kind: 'resting' });
      this.#plan();
      return;
    }
    let request: SignedPutMedia;
    try {
      request = await this.#launcher.sign(access, format);
    } catch (error) {
      if (error instanceof KvsError) {
        this.#follow(this.#recovery.afterSession(error, false), error, undefined);
      }
      return;
    }
    if (!isCurrent()) {
      return;
    }
    // Looked at again: things may have changed while the request was signed.
    if (this.#formatToSend() === format) {
      this.#launch(access, request, format, this.#nextGap());
    } else {
      this.#wait(OPEN_INTERVAL_MS);
    }
  }

  /** The format of the session that is needed now; undefined when none is. */
  #formatToSend(): SessionFormat | undefined {
    const gap = this.#nextGap();
    if (gap !== undefined) {
      return this.#dependencies.source.get(gap.firstIndex)?.format;
    }
    return this.#mustRotate ? this.#sessions.head?.session.format : undefined;
  }

  /** Makes the session; without a gap it only connects, and takes over from the head then. */
  #launch(
    access: StreamAccess,
    request: SignedPutMedia,
    format: SessionFormat,
    gap: Gap | undefined,
  ): void {
    const member = this.#launcher.launch({
      access,
      request,
      format,
      firstIndex: gap?.firstIndex,
      isDone: (fragment) => this.#settlement.isDone(fragment),
      eventsOf: (memberOf) => this.#eventsOf(memberOf, access),
    });
    const { session } = member;
    this.#counters.totalSessions += 1;
    this.#lastOpenMs = this.#dependencies.clock.monotonicMs();
    this.#to({ kind: 'opening', session: session.id });
    this.#sessions.add(member);
    if (gap?.untilIndex === Infinity) {
      this.#rotation.schedule(access.credentials.expiration);
    } else if (gap !== undefined) {
      session.limitTo(gap.untilIndex);
    }
    if (this.#isDraining) {
      session.finish();
    }
    session.pump();
  }

  #eventsOf(member: () => Member, access: StreamAccess): SessionEvents {
    const { clockSkew } = this.#dependencies.controlPlane;
    return {
      connected: () => this.#onConnected(member(), access),
      accepted: (latencyMs) => this.#onAccepted(member(), latencyMs, access),
      ack: (ack, sent) => this.#onAck(member(), ack, sent),
      ackProblem: (error) => this.#reports.problem(error, undefined, member().session.id),
      written: (sent) => this.#onWritten(member(), sent),
      ended: () => this.#onEnded(),
      stale: (lastAckAgoMs) => this.#onStale(member(), lastAckAgoMs),
      date: (header, roundTripMs) => void clockSkew?.observe(header, roundTripMs),
      closed: (outcome) => this.#onClosed(member(), outcome),
    };
  }

  #onConnected(member: Member, access: StreamAccess): void {
    if (member.firstIndex === undefined) {
      this.#takeOver(member);
      this.#rotation.schedule(access.credentials.expiration);
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
      this.#reports.problem(error, undefined, session.id);
    }
  }

  /** An error ends the session, for the service reads it no further. What follows is in the table. */
  #onErrorAck({ session }: Member, ack: FragmentAck, sent: SentFragment | undefined): void {
    const { action } = ackErrorOf(ack.errorId);
    const error = errorOfAck(ack, sent);
    session.abort();
    if (action === 'skip' && sent !== undefined && !this.#settlement.isDone(sent.fragment)) {
      this.#counters.skippedFragments += 1;
      this.#settlement.reject(sent.fragment);
    }
    this.#follow(this.#recovery.afterErrorAck(action), error, sent?.fragment, session.id);
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
    if (session.sent.hasSettled) {
      this.#recovery.onProgress();
    }
    if (this.#state.kind === 'opening' && this.#state.session === session.id) {
      this.#to({ kind: 'resting' });
    }
    if (outcome.kind === 'aborted') {
      return;
    }
    if (level === undefined && this.#isAllSent(session, outcome)) {
      this.#settlement.settleAll(session.sent);
    }
    if (outcome.kind === 'ended-by-service' && !this.#isDraining) {
      this.#parked = parkedBy(session) ?? this.#parked;
    }
    const end = endOf(session, outcome, this.#isDraining ? undefined : this.#parked);
    if (end.kind === 'failure') {
      this.#counters.reconnects += end.isAccepted ? 1 : 0;
      const step = this.#recovery.afterSession(end.error, end.isAccepted);
      this.#follow(step, end.error, end.fragment, session.id);
    }
    this.#checkDrained();
    this.#plan();
  }

  /** Without acknowledgements, a good end after the last byte is all the confirmation there is. */
  #isAllSent({ sent }: PutMediaSession, outcome: SessionOutcome): boolean {
    const isLast = sent.last?.fragment === this.#dependencies.source.newest;
    return outcome.kind === 'finished' || (outcome.kind === 'ended-by-service' && isLast);
  }

  #forgetRotationWithoutHead(): void {
    if (this.#sessions.head === undefined) {
      this.#rotation.clear();
    }
  }

  /** The application hears of it now, the service after the back-off. */
  #follow(
    step: RecoveryStep,
    error: KvsError,
    fragment: StoredFragment | undefined,
    session?: number,
  ): void {
    if (step.kind === 'fatal') {
      this.#stop(error, fragment);
      return;
    }
    for (const what of step.invalidate) {
      this.#setup.invalidate(what);
    }
    this.#counters.retries += 1;
    this.#reports.problem(error, fragment, session);
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
    // Whole milliseconds: a remainder below the clock's resolution would never have passed.
    const timer = this.#dependencies.clock.after(Math.ceil(delayMs), () => {
      if (this.#state.kind === 'waiting') {
        this.#to({ kind: 'resting' });
        this.#plan();
      }
    });
    this.#to({ kind: 'waiting', timer });
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
    this.#rotation.clear();
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
