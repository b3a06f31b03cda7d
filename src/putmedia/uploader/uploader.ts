import { KvsError } from '../../errors/kvs-error.ts';
import type { Timer } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import type { SessionFormat, StoredFragment } from '../../storage/stored-fragment.ts';
import type { PutMediaSession } from '../session/put-media-session.ts';
import type {
  Uploader,
  UploaderCounters,
  UploaderDependencies,
  UploaderSettings,
} from '../uploader-api.ts';
import { newCounters, smoothed } from './counters.ts';
import { Demand } from './demand.ts';
import { Drains } from './drains.ts';
import { Recovery, type RecoveryStep } from './recovery.ts';
import { Resends } from './resends.ts';
import { Rotation } from './rotation.ts';
import { SessionLauncher, type SignedPutMedia } from './session-launcher.ts';
import { SessionReactions } from './session-reactions.ts';
import { type Gap, SessionSet } from './session-set.ts';
import { Settlement } from './settlement.ts';
import { type StreamAccess, StreamSetup } from './stream-setup.ts';
import { undeliveredText } from './undelivered.ts';
import { UploaderReports } from './uploader-reports.ts';

/** A stream may have five PutMedia calls per second (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html). */
const OPEN_INTERVAL_MS = 200;

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
export function createUploader(
  settings: UploaderSettings,
  dependencies: UploaderDependencies,
): Uploader {
  return new StreamUploader(settings, dependencies);
}

/**
 * The supervisor of one stream's sessions: where there is a demand it gets what a session needs and
 * opens it, and waits after a failure. What follows from what a session tells is in
 * SessionReactions; the sessions own the bytes, the source owns the frames. docs/5-inside/lifecycle.md tells
 * the whole protocol.
 */
class StreamUploader implements Uploader {
  readonly #dependencies: UploaderDependencies;
  readonly #setup: StreamSetup;
  readonly #launcher: SessionLauncher;
  readonly #recovery: Recovery;
  readonly #settlement: Settlement;
  readonly #resends: Resends;
  readonly #reports: UploaderReports;
  readonly #drains: Drains;
  readonly #sessions = new SessionSet();
  readonly #rotation: Rotation;
  readonly #demand: Demand;
  readonly #reactions: SessionReactions;
  readonly #counters = newCounters();
  #state: State = { kind: 'new' };
  #lastOpenMs = Number.NEGATIVE_INFINITY;
  #isDraining = false;

  constructor(settings: UploaderSettings, dependencies: UploaderDependencies) {
    const { source, clock, random, events, log } = dependencies;
    this.#dependencies = dependencies;
    this.#reports = new UploaderReports(events, clock, log);
    this.#setup = new StreamSetup(settings, dependencies, (error) =>
      this.#reports.problem(error, undefined),
    );
    this.#launcher = new SessionLauncher(settings, dependencies);
    const { clockSkew } = dependencies.controlPlane;
    const isTimeKnown = (): boolean => clockSkew?.isTimeKnown ?? true;
    this.#recovery = new Recovery(clock, random, { ...settings, isTimeKnown });
    this.#settlement = new Settlement(source, clock, settings.replayDurationMs);
    this.#drains = new Drains(clock);
    this.#rotation = new Rotation({
      clock,
      skew: clockSkew,
      random,
      maxSessionMs: settings.maxSessionMs,
      onDue: () => this.#plan(),
    });
    const sessions = this.#sessions;
    this.#resends = new Resends({ source, clock, log, onProbe: () => this.#plan() });
    const parts = {
      source,
      sessions,
      settlement: this.#settlement,
      resends: this.#resends,
      rotation: this.#rotation,
    };
    this.#demand = new Demand(parts);
    this.#reactions = new SessionReactions(dependencies, {
      ...parts,
      demand: this.#demand,
      recovery: this.#recovery,
      reports: this.#reports,
      counters: this.#counters,
      supervisor: {
        plan: () => this.#plan(),
        follow: (step, error, fragment, session) => this.#follow(step, error, fragment, session),
        opened: (session) => this.#onOpened(session.id),
        settled: () => this.#checkDrained(),
        resetConnection: (reason) => this.resetConnection(reason),
      },
    });
  }

  get counters(): UploaderCounters {
    let openBytes = 0;
    for (const { session } of this.#sessions.all()) openBytes += session.sentBytes;
    this.#counters.transferredBytes = this.#reactions.closedBytes + openBytes;
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
    if (this.#state.kind === 'new' || this.#state.kind === 'stopped') return;
    this.#dependencies.log.warn('connection reset', { reason: reason.message });
    this.#counters.reconnects += this.#sessions.size > 0 ? 1 : 0;
    this.#abortSessions();
    this.retryNow();
    this.#plan();
  }

  retryNow(): void {
    if (this.#state.kind !== 'waiting') return;
    this.#state.timer.cancel();
    this.#to({ kind: 'resting' });
    this.#plan();
  }

  drain(timeoutMs: number): Promise<void> {
    if (this.#state.kind === 'stopped') return Promise.reject(this.#state.reason ?? closedError());
    this.#isDraining = true;
    this.#demand.drain();
    const drained = this.#drains.add(timeoutMs, () => this.#drainTimedOut(timeoutMs));
    for (const { session } of this.#sessions.all()) session.finish();
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
    // What is older than the head is looked at when a session ends, not with each frame.
    if (this.#state.kind === 'resting' && this.#sessions.head === undefined) this.#plan();
  }

  /** Does the next thing that has to be done, if nothing is being done. */
  #plan(): void {
    if (this.#state.kind !== 'resting') return;
    const isNeeded = this.#demand.isThere;
    const tooSoonMs = this.#lastOpenMs + OPEN_INTERVAL_MS - this.#dependencies.clock.monotonicMs();
    if (isNeeded && tooSoonMs > 0) this.#wait(tooSoonMs);
    else if (isNeeded || !this.#recovery.wasReady) void this.#prepare();
    else if (this.#sessions.size === 0) this.#reports.connection({ kind: 'idle' });
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
    if (!isCurrent()) return;
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
        if (isCurrent()) this.#open(result.access);
    }
  }

  /** Opens the session that is needed, if one still is. */
  #open(access: StreamAccess): void {
    const format = this.#demand.format();
    if (format === undefined) {
      this.#to({ kind: 'resting' });
      this.#plan();
      return;
    }
    let request: SignedPutMedia;
    try {
      request = this.#launcher.sign(access, format);
    } catch (error) {
      if (error instanceof KvsError) {
        this.#follow(this.#recovery.afterSession(error, false), error, undefined);
      }
      return;
    }
    this.#launch(access, request, format, this.#demand.gap());
  }

  /** Makes the session; without a gap it only connects, and takes over from the head then. */
  #launch(
    access: StreamAccess,
    request: SignedPutMedia,
    format: SessionFormat,
    gap: Gap | undefined,
  ): void {
    const assigned = this.#launcher.launch({
      access,
      request,
      format,
      firstIndex: gap?.firstIndex,
      isDone: (fragment) => this.#settlement.isDone(fragment) || this.#resends.isHeld(fragment),
      eventsOf: (assigned) => this.#reactions.of(assigned, access),
    });
    const { session } = assigned;
    this.#lastOpenMs = this.#dependencies.clock.monotonicMs();
    this.#to({ kind: 'opening', session: session.id });
    this.#sessions.add(assigned);
    if (gap?.untilIndex === Infinity) this.#rotation.schedule(access.credentials.expiration);
    else if (gap !== undefined) this.#limit(session, gap, access);
    if (this.#isDraining) session.finish();
    session.pump();
  }

  /** A session for what is older than another's: it may take long, and what is left then is a gap. */
  #limit(session: PutMediaSession, gap: Gap, access: StreamAccess): void {
    const lifeMs = this.#rotation.lifeMs(access.credentials.expiration);
    this.#dependencies.clock.after(lifeMs, () => session.handOver());
    session.limitTo(gap.untilIndex);
  }

  /** The session that was being opened stands, or never will. */
  #onOpened(session: number): void {
    if (this.#state.kind === 'opening' && this.#state.session === session) {
      this.#to({ kind: 'resting' });
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
    for (const what of step.invalidate) this.#setup.invalidate(what);
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
    if (this.#state.kind === 'stopped' || this.#state.kind === 'waiting') return;
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
    if (this.#isDraining && this.#settlement.oldestOpen() === undefined) this.#drains.settle();
  }

  #drainTimedOut(timeoutMs: number): KvsError {
    const open = this.#settlement.countOpen();
    const left = undeliveredText(open);
    const why = this.#reports.unsolved;
    const received =
      open.received === 0
        ? ''
        : `; ${open.received} of the fragments were received and not persisted`;
    const text = `${left} were not acknowledged within ${durationText(timeoutMs)} of the end of the stream${received}`;
    return new KvsError(
      'STATUS_OPERATION_TIMED_OUT',
      why === undefined ? text : `${text}. The last failure: ${why.message}`,
      { cause: why },
    );
  }

  #stop(error: KvsError | undefined, fragment: StoredFragment | undefined): void {
    if (this.#state.kind === 'stopped') return;
    if (this.#state.kind === 'waiting') this.#state.timer.cancel();
    this.#to({ kind: 'stopped', reason: error });
    this.#rotation.clear();
    this.#setup.close();
    this.#dependencies.source.onChange = undefined;
    this.#abortSessions();
    this.#resends.close();
    if (error === undefined) this.#reports.connection({ kind: 'closed' });
    else this.#reports.fatal(error, fragment);
    this.#drains.fail(error ?? closedError());
  }

  #abortSessions(): void {
    for (const { session } of this.#sessions.all()) session.abort();
  }

  #to(state: State): void {
    if (state.kind !== this.#state.kind) {
      this.#dependencies.log.debug(`${this.#state.kind} -> ${state.kind}`);
    }
    this.#state = state;
  }
}

function closedError(): KvsError {
  return new KvsError('STATUS_STREAM_HAS_BEEN_STOPPED', 'The uploader was closed');
}
