import { asKvsError, type KvsError } from '../../errors/kvs-error.ts';
import { LossReport } from '../../producer/reports/loss-report.ts';
import type { FrameMessage } from '../access-units/access-units.ts';
import { RESOURCE_WRITE } from '../bus/bus-messages.ts';
import { BusReporter } from '../bus/bus-reporter.ts';
import { MetricsReport } from '../bus/metrics-report.ts';
import { type ElementSettings, readSettings } from '../settings/element-settings.ts';
import type { StreamPort } from '../stream/stream-port.ts';
import { ElementInbox } from '../wire/element-inbox.ts';
import { parseMessage } from '../wire/element-json.ts';
import type { ElementMessageView } from '../wire/element-reader.ts';
import type { SendToElement } from '../wire/host-message.ts';
import { type ElementConfig, ElementMessage, FrameFlag, HostMessage } from '../wire/wire.ts';
import { ElementSources } from './element-sources.ts';
import { ElementTimes } from './element-times.ts';
import { ElementTracks } from './element-tracks.ts';
import type { HostContext } from './host-context.ts';
import { SettledPosition } from './settled-position.ts';
import { after, changeTracks, describeAllowed } from './track-changes.ts';

/** One life of the core's stream: from its first use until everything is settled. */
type Session = {
  readonly stream: StreamPort;
  readonly reporter: BusReporter;
  readonly times: ElementTimes;
  /** Frames of tracks that joined and cannot be stored. */
  readonly leftOut: LossReport;
};

type State =
  /** OPEN has not come. */
  | { readonly kind: 'new' }
  | { readonly kind: 'open'; readonly session: Session }
  | { readonly kind: 'draining'; readonly session: Session; readonly done: Promise<void> }
  /** Everything is settled; another frame starts another stream. */
  | { readonly kind: 'drained' }
  | { readonly kind: 'failed'; readonly error: KvsError };

/**
 * One kvssink: its messages in, the core's stream, and what the core says out. An element may play,
 * end and play again under one id; each time is a stream of its own.
 */
export class HostedElement {
  readonly #context: HostContext;
  readonly #send: SendToElement;
  /** Where the element's messages wait while one of them cannot be taken. */
  readonly inbox: ElementInbox;
  #tracks: ElementTracks | undefined;
  #config: ElementConfig | undefined;
  #settings: ElementSettings | undefined;
  #state: State = { kind: 'new' };
  readonly #metrics: MetricsReport;
  /** Of this opening: what is sent after its end goes on behind it. */
  #times: ElementTimes | undefined;
  #sources = new ElementSources();
  readonly #settled: SettledPosition;

  constructor(context: HostContext, send: SendToElement) {
    this.#context = context;
    this.#send = send;
    this.#settled = new SettledPosition(send);
    this.inbox = new ElementInbox(
      (message) => this.#handle(message),
      (consumedBytes) => send(HostMessage.credit, consumedBytes),
      () => context.clock.monotonicMs(),
    );
    this.#metrics = new MetricsReport(
      context.clock,
      () => ('session' in this.#state ? this.#state.session : undefined),
      () => this.#state.kind === 'draining',
    );
  }

  /** Takes one message of the element; its bytes are not needed after the call. */
  push(message: ElementMessageView): void {
    this.inbox.push(message);
  }

  /**
   * The element is gone: sends what there is, within stop-stream-timeout. Resolves when nothing is
   * left to do.
   */
  async close(): Promise<void> {
    const { clock } = this.#context;
    const timeoutMs = this.#settings?.client.stopStreamTimeoutMs ?? 0;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    if (this.inbox.isBusy && this.#state.kind === 'open') {
      // What came whole is sent, also what still waits for room.
      await new Promise<void>((resolve) => {
        const timer = clock.after(timeoutMs, resolve);
        this.inbox.whenIdle().then(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    const gathered = this.#tracks?.finishAll();
    if (gathered !== undefined) await gathered;
    this.#drain(Math.max(0, deadlineMs - clock.monotonicMs()));
    if (this.#state.kind === 'draining') await this.#state.done;
    this.inbox.clear();
  }

  /** The host itself is broken: tells the element and gives up. */
  abort(error: KvsError): void {
    const state = this.#state;
    if (state.kind === 'failed') return;
    if (state.kind === 'open' || state.kind === 'draining') {
      state.session.reporter.error(error, true);
      return;
    }
    new BusReporter(this.#send, this.#context.clock, '', () => {}).error(error, true);
    this.#state = { kind: 'failed', error };
  }

  #handle(message: ElementMessageView): Promise<void> | undefined {
    try {
      switch (message.type) {
        case ElementMessage.frame:
          return this.#tracks?.push(message);
        case ElementMessage.open:
          this.#onOpen(parseMessage.config(message.payload()));
          break;
        case ElementMessage.caps:
        case ElementMessage.track:
          return this.#onTracks(message);
        case ElementMessage.drain: {
          const { timeoutMs } = parseMessage.drain(message.payload());
          return after(this.#tracks?.finishAll(), () => this.#onDrain(timeoutMs));
        }
        case ElementMessage.source:
          if (this.#tracks?.has(message.track) !== true) break;
          this.#sources.set(message.track, parseMessage.source(message.payload()));
          if (this.#state.kind === 'open') this.#followSources(this.#state.session);
          break;
        case ElementMessage.property:
          this.#onProperty(message.payload());
          break;
        default:
          if (this.#state.kind === 'open') return this.#onEvent(this.#state.session, message);
      }
    } catch (error) {
      this.abort(asKvsError(error));
    }
    return undefined;
  }

  #onOpen(config: ElementConfig): void {
    this.#config = config;
    this.#settings = readSettings(config);
    this.#sources = new ElementSources();
    this.#tracks = new ElementTracks(config, this.#settings, {
      put: (frame) => this.#onFrame(frame),
      leaveOut: (frame) => this.#onLeftOut(frame),
    });
    this.#times = undefined;
    const session = this.#start();
    if (session === undefined) return;
    for (const pad of config.pads) describeAllowed(this.#tracks, session, pad);
  }

  /** Opens the core's stream with the settings and caps that are known. */
  #start(): Session | undefined {
    const { clock, openStream } = this.#context;
    const settings = this.#settings;
    const config = this.#config;
    const tracks = this.#tracks;
    if (settings === undefined || config === undefined || tracks === undefined) return undefined;
    const name = settings.stream.streamName ?? settings.stream.streamArn ?? '';
    const reporter = new BusReporter(
      this.#send,
      clock,
      name,
      (error) => this.#fail(error),
      (byMs) => this.#times?.corrected(byMs),
      () => this.#tellSettled(),
    );
    try {
      const { element } = config;
      const { infos, moreTracksWaitMs } = tracks;
      const plan = { element, tracks: infos, moreTracksWaitMs };
      const stream = openStream(settings, plan, reporter, this.#send);
      // A stream that is opened again, after its end, knows its tracks.
      tracks.moreTracksWaitMs = 0;
      const times = this.#continuedTimes(settings, name);
      const leftOut = new LossReport(
        clock,
        (drop) => reporter.droppedFrames(drop),
        (ptsNs) => times.storedNs(ptsNs),
      );
      const session = { stream, reporter, times, leftOut };
      this.#state = { kind: 'open', session };
      this.#followSources(session);
      for (const [track, description] of tracks.descriptions) {
        stream.setTrackFormat(track, description);
      }
      this.#metrics.begin(settings.host.metricsIntervalMs);
      return session;
    } catch (error) {
      reporter.error(asKvsError(error), true);
      return undefined;
    }
  }

  /**
   * A stream that goes on after its end (a flush or a jump took EOS back) goes on behind what was
   * sent: media that ran ahead of the wall clock must not be sent over itself.
   */
  #continuedTimes(settings: ElementSettings, name: string): ElementTimes {
    if (this.#times === undefined) {
      this.#times = new ElementTimes(settings, this.#context, name, this.#send, () =>
        'session' in this.#state ? this.#state.session.reporter : undefined,
      );
    } else {
      this.#times.restartStream();
      this.#times.useOriginalPts = settings.host.useOriginalPts;
    }
    return this.#times;
  }

  #onTracks(message: ElementMessageView): Promise<void> | undefined {
    if (this.#tracks === undefined) return undefined;
    const open = this.#state.kind === 'open' ? this.#state.session : undefined;
    const wait = changeTracks(this.#tracks, open, message);
    // Another source delivers the track from now on, or none.
    const isOther = message.type === ElementMessage.track && this.#sources.forget(message.track);
    if (isOther && open !== undefined) this.#followSources(open);
    return wait;
  }

  /** A source that can be slowed down is, where the store has no room; any other is not. */
  #followSources({ stream, times }: Session): void {
    const { isLive, canWait } = this.#sources;
    if (isLive !== undefined) times.isLive = isLive;
    this.inbox.mayWait = canWait || this.#settings?.stream.streamingType === 'offline';
    stream.setBackPressure(this.inbox.mayWait);
  }

  #onLeftOut({ track, ptsNs = 0n }: FrameMessage): void {
    if (this.#state.kind !== 'open') return;
    const { leftOut, times } = this.#state.session;
    leftOut.add(times.peek(track, ptsNs) ?? ptsNs, 'no-format');
  }

  #onFrame(message: FrameMessage): Promise<void> | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'open':
        return this.#putFrame(state.session, message);
      case 'drained': {
        const session = this.#start();
        return session === undefined ? undefined : this.#putFrame(session, message);
      }
      case 'draining':
        // Played again before the end was settled: the next stream starts when this one is done.
        // The inbox holds the message meanwhile (mayWait).
        return state.done.then(() => this.#onFrame(message));
      case 'new':
      case 'failed':
        return undefined;
    }
  }

  /** What the core does not hold any more, and nobody gathers, the element need not keep. */
  #tellSettled(): void {
    if (!('session' in this.#state)) return;
    const gathered = Math.min(
      this.#tracks?.heldFrom ?? Number.POSITIVE_INFINITY,
      this.inbox.consumedBytes,
    );
    this.#settled.tell(this.#state.session.stream.neededFrom(), gathered);
  }

  #putFrame(session: Session, message: FrameMessage): Promise<void> | undefined {
    const { flags, track, monotonicNs, durationNs } = message;
    const isKeyFrame = (flags & FrameFlag.keyFrame) !== 0;
    const data = message.payload();
    const times = session.times.map(message, data.length, this.#tracks);
    const gap = FrameFlag.discontinuity | FrameFlag.afterDrop;
    try {
      const wait = session.stream.putFrame({
        trackId: track,
        ptsNs: times.ptsNs,
        dtsNs: times.dtsNs,
        durationNs,
        isKeyFrame,
        isDiscontinuity: times.beginsTimeline || (flags & gap) !== 0,
        isDiscardable: (flags & FrameFlag.discardable) !== 0,
        isInvisible: (flags & FrameFlag.invisible) !== 0,
        isCorrupted: (flags & FrameFlag.corrupted) !== 0,
        isAfterLoss: (flags & FrameFlag.afterDrop) !== 0,
        arrivedMs: this.#context.monotonic.clockMs(monotonicNs),
        position: message.position,
        data,
      });
      const emits = this.#settings?.host.getKvsMetrics === true;
      const storedNs = session.times.storedNs(times.timeNs);
      this.#metrics.count(session, emits, { isKeyFrame, ptsNs: storedNs });
      return wait?.catch((error: unknown) => session.reporter.putFrameFailed(asKvsError(error)));
    } catch (error) {
      session.reporter.putFrameFailed(asKvsError(error));
      return undefined;
    }
  }

  #onEvent(session: Session, message: ElementMessageView): Promise<void> | undefined {
    const { stream, times } = session;
    const { track } = message;
    switch (message.type) {
      case ElementMessage.metadata:
        this.#onMetadata(session, message);
        break;
      case ElementMessage.trackEos:
        return after(this.#tracks?.finish(track), () => stream.endTrack(track));
      case ElementMessage.gap: {
        const untilNs = times.peek(track, (message.ptsNs ?? 0n) + message.durationNs);
        if (untilNs !== undefined && message.ptsNs !== undefined) stream.gap(track, untilNs);
        break;
      }
      case ElementMessage.leftOut: {
        const { frames, reason } = parseMessage.leftOut(message.payload());
        const ptsNs = message.ptsNs === undefined ? undefined : times.peek(track, message.ptsNs);
        stream.leftOut(track, { frames, ptsNs, reason });
        break;
      }
      case ElementMessage.timebase:
        stream.stampsAhead(
          times.continueFrom(BigInt.asIntN(64, message.ptsNs ?? 0n), message.dtsNs),
        );
        break;
      case ElementMessage.flush:
        this.#tracks?.discard();
        stream.discontinuity();
        times.restart();
        break;
    }
    return undefined;
  }

  #onMetadata({ stream, reporter }: Session, message: ElementMessageView): void {
    const metadata = parseMessage.metadata(message.payload());
    const { position } = message;
    try {
      if ('events' in metadata) stream.putEventMetadata(metadata.events, metadata, position);
      else stream.putFragmentMetadata(metadata.name, metadata.value, metadata.persist, position);
    } catch (error) {
      reporter.warning(RESOURCE_WRITE, asKvsError(error));
    }
  }

  #onProperty(payload: Buffer): void {
    if (this.#config === undefined) return;
    const { name, value } = parseMessage.property(payload);
    this.#config = {
      ...this.#config,
      properties: { ...this.#config.properties, [name]: value },
    };
    this.#settings = readSettings(this.#config);
    if (this.#state.kind === 'open') {
      this.#state.session.times.useOriginalPts = this.#settings.host.useOriginalPts;
      this.#metrics.schedule(this.#settings.host.metricsIntervalMs);
    }
  }

  #onDrain(timeoutMs: number | undefined): void {
    const state = this.#state;
    if (state.kind === 'failed') this.#send(HostMessage.drained, state.error.status);
    else if (state.kind !== 'open') this.#send(HostMessage.drained);
    else this.#drain(timeoutMs ?? this.#settings?.client.stopStreamTimeoutMs ?? 0);
  }

  /** Ends the stream that is open: all of it sent and acknowledged, or the time is up. */
  #drain(timeoutMs: number): void {
    if (this.#state.kind !== 'open') return;
    const { session } = this.#state;
    this.inbox.mayWait = true;
    const done = session.stream.drain(timeoutMs).then(
      () => this.#settle(session, undefined),
      (error: unknown) => this.#settle(session, asKvsError(error)),
    );
    this.#state = { kind: 'draining', session, done };
  }

  #settle(session: Session, error: KvsError | undefined): void {
    this.#metrics.stop();
    session.times.end();
    session.leftOut.end();
    session.reporter.metrics(session.stream.metrics());
    session.stream.close();
    const failed = this.#state.kind === 'failed' ? this.#state.error : undefined;
    if (failed === undefined) {
      if (error !== undefined) session.reporter.lost(error, this.#settings?.host.onLoss ?? 'error');
      this.#state = { kind: 'drained' };
    }
    const { consumedBytes } = this.inbox;
    this.#settled.tell({ frames: consumedBytes, metadata: consumedBytes }, consumedBytes);
    this.#send(HostMessage.drained, (failed ?? error)?.status ?? 0);
  }

  /** The core gave up; a drain that is under way ends by itself. */
  #fail(error: KvsError): void {
    const state = this.#state;
    this.#metrics.stop();
    this.#state = { kind: 'failed', error };
    if (state.kind === 'open') state.session.stream.close();
  }
}
