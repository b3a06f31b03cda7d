import { asKvsError, type KvsError } from '../../errors/kvs-error.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { FrameMessage } from '../access-units/access-units.ts';
import { BusReporter } from '../bus/bus-reporter.ts';
import { MetricsReport } from '../bus/metrics-report.ts';
import { elementLogger } from '../log/element-logger.ts';
import { type ElementSettings, readSettings } from '../settings/element-settings.ts';
import { ElementInbox } from '../wire/element-inbox.ts';
import { parseMessage } from '../wire/element-json.ts';
import type { ElementMessageView } from '../wire/element-reader.ts';
import type { SendToElement } from '../wire/host-message.ts';
import { type ElementConfig, ElementMessage, HostMessage } from '../wire/wire.ts';
import { ElementSources } from './element-sources.ts';
import { ElementStream } from './element-stream.ts';
import { ElementTimes } from './element-times.ts';
import { ElementTracks } from './element-tracks.ts';
import type { HostContext } from './host-context.ts';
import { SettledPosition } from './settled-position.ts';
import { after, changeTracks, describeAllowed } from './track-changes.ts';

/** What the element was opened with, and what it has had since. A stream that ends keeps it. */
type Opening = {
  readonly tracks: ElementTracks;
  readonly sources: ElementSources;
  /** Properties may be set while it plays. */
  config: ElementConfig;
  settings: ElementSettings;
  /** GStreamer's debug log, at the level that the settings have by now. */
  readonly log: Logger;
  /** What is sent after a stream's end goes on behind it. */
  times: ElementTimes | undefined;
};

type State =
  /** OPEN has not come. */
  | { readonly kind: 'new' }
  | { readonly kind: 'open'; readonly opening: Opening; readonly stream: ElementStream }
  | {
      readonly kind: 'draining';
      readonly opening: Opening;
      readonly stream: ElementStream;
      readonly done: Promise<void>;
    }
  /** Everything is settled; another frame starts another stream. */
  | { readonly kind: 'drained'; readonly opening: Opening }
  | {
      readonly kind: 'failed';
      readonly opening: Opening | undefined;
      readonly error: KvsError;
      /** Resolves when the spool has what it keeps of the stream. */
      readonly kept?: Promise<void>;
    };

/**
 * One kvssink: its messages in, the core's stream, and what the core says out. An element may play,
 * end and play again under one id; each time is a stream of its own.
 */
export class HostedElement {
  readonly #context: HostContext;
  readonly #send: SendToElement;
  /** Where the element's messages wait while one of them cannot be taken. */
  readonly inbox: ElementInbox;
  #state: State = { kind: 'new' };
  readonly #metrics: MetricsReport;
  readonly #settled: SettledPosition;

  constructor(context: HostContext, send: SendToElement) {
    this.#context = context;
    this.#send = send;
    this.#settled = new SettledPosition(send);
    this.inbox = new ElementInbox(
      this.#handle.bind(this),
      (consumedBytes) => send(HostMessage.credit, consumedBytes),
      context.clock,
    );
    this.#metrics = new MetricsReport(
      context.clock,
      () => this.#stream,
      () => this.#state.kind === 'draining',
    );
  }

  /**
   * The element is gone: sends what there is, within stop-stream-timeout. Resolves when nothing is
   * left to do.
   */
  async close(): Promise<void> {
    const { clock } = this.#context;
    const timeoutMs = this.#opening?.settings.client.stopStreamTimeoutMs ?? 0;
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
    const gathered = this.#opening?.tracks.finishAll();
    if (gathered !== undefined) await gathered;
    this.#drain(Math.max(0, deadlineMs - clock.monotonicMs()));
    if (this.#state.kind === 'draining') await this.#state.done;
    if (this.#state.kind === 'failed') await this.#state.kept;
    this.inbox.clear();
  }

  /** The host itself is broken: tells the element and gives up. */
  abort(error: KvsError): void {
    const state = this.#state;
    if (state.kind === 'failed') return;
    if (state.kind === 'open' || state.kind === 'draining') {
      state.stream.reporter.error(error, true);
      return;
    }
    new BusReporter(this.#send, this.#context.clock, '', () => {}).error(error, true);
    this.#to({ kind: 'failed', opening: this.#opening, error });
  }

  get #opening(): Opening | undefined {
    return 'opening' in this.#state ? this.#state.opening : undefined;
  }

  /** The stream that is open, or draining. */
  get #stream(): ElementStream | undefined {
    return 'stream' in this.#state ? this.#state.stream : undefined;
  }

  #to(state: State): void {
    const from = this.#state.kind;
    this.#state = state;
    this.#opening?.log.debug(`element: ${from} -> ${state.kind}`);
  }

  #handle(message: ElementMessageView): Promise<void> | undefined {
    try {
      switch (message.type) {
        case ElementMessage.frame: {
          const state = this.#state;
          return 'opening' in state ? state.opening?.tracks.push(message) : undefined;
        }
        case ElementMessage.open:
          this.#onOpen(parseMessage.config(message.payload));
          break;
        case ElementMessage.caps:
        case ElementMessage.track:
          return this.#onTracks(message);
        case ElementMessage.drain: {
          const { timeoutMs } = parseMessage.drain(message.payload);
          return after(this.#opening?.tracks.finishAll(), () => this.#onDrain(timeoutMs));
        }
        case ElementMessage.source:
          this.#onSource(message);
          break;
        case ElementMessage.property:
          this.#onProperty(message.payload);
          break;
        default:
          if (this.#state.kind === 'open') return this.#state.stream.event(message);
      }
    } catch (error) {
      this.abort(asKvsError(error));
    }
    return undefined;
  }

  #onOpen(config: ElementConfig): void {
    const settings = readSettings(config);
    const tracks = new ElementTracks(config, settings, {
      put: (frame) => this.#onFrame(frame),
      leaveOut: (frame) => {
        if (this.#state.kind === 'open') this.#state.stream.leaveOut(frame);
      },
    });
    const sources = new ElementSources();
    const log = elementLogger(this.#send, () => opening.settings.host.logLevel);
    const opening: Opening = { tracks, sources, config, settings, log, times: undefined };
    const open = this.#start(opening);
    if (open === undefined) return;
    for (const pad of config.pads) describeAllowed(tracks, open, pad);
  }

  /** Opens the core's stream with the settings and caps that are known. */
  #start(opening: Opening): ElementStream | undefined {
    const { clock, openStream } = this.#context;
    const { tracks, settings } = opening;
    const name = settings.stream.streamName ?? settings.stream.streamArn ?? '';
    const reporter = new BusReporter(
      this.#send,
      clock,
      name,
      (error) => this.#fail(opening, error),
      (byMs) => opening.times?.corrected(byMs),
      () => this.#tellSettled(),
    );
    try {
      const { element } = opening.config;
      const { infos, moreTracksWaitMs } = tracks;
      const plan = { element, tracks: infos, moreTracksWaitMs };
      const port = openStream(settings, plan, reporter, opening.log);
      // A stream that is opened again, after its end, knows its tracks.
      tracks.moreTracksWaitMs = 0;
      const stream = new ElementStream({
        context: this.#context,
        stream: port,
        reporter,
        times: this.#continuedTimes(opening, name),
        tracks,
        metrics: this.#metrics,
        emitsMetrics: () => opening.settings.host.getKvsMetrics,
      });
      this.#to({ kind: 'open', opening, stream });
      this.#followSources(opening, stream);
      for (const [track, description] of tracks.descriptions) {
        port.setTrackFormat(track, description);
      }
      this.#metrics.begin(settings.host.metricsIntervalMs);
      return stream;
    } catch (error) {
      reporter.error(asKvsError(error), true);
      return undefined;
    }
  }

  /**
   * A stream that goes on after its end (a flush or a jump took EOS back) goes on behind what was
   * sent: media that ran ahead of the wall clock must not be sent over itself.
   */
  #continuedTimes(opening: Opening, name: string): ElementTimes {
    const { settings, times } = opening;
    if (times === undefined) {
      const reporter = () => this.#stream?.reporter;
      const made = new ElementTimes(settings, this.#context, name, this.#send, reporter);
      opening.times = made;
      return made;
    }
    times.restartStream();
    times.useOriginalPts = settings.host.useOriginalPts;
    return times;
  }

  #onTracks(message: ElementMessageView): Promise<void> | undefined {
    const opening = this.#opening;
    if (opening === undefined) return undefined;
    const open = this.#state.kind === 'open' ? this.#state.stream : undefined;
    const wait = changeTracks(opening.tracks, open, message);
    // Another source delivers the track from now on, or none.
    const isOther = message.type === ElementMessage.track && opening.sources.forget(message.track);
    if (isOther && open !== undefined) this.#followSources(opening, open);
    return wait;
  }

  #onSource(message: ElementMessageView): void {
    const opening = this.#opening;
    if (opening?.tracks.has(message.track) !== true) return;
    opening.sources.set(message.track, parseMessage.source(message.payload));
    if (this.#state.kind === 'open') this.#followSources(opening, this.#state.stream);
  }

  #followSources({ sources, settings }: Opening, stream: ElementStream): void {
    this.inbox.mayWait = sources.canWait || settings.stream.streamingType === 'offline';
    stream.follow(sources, this.inbox.mayWait);
  }

  #onFrame(message: FrameMessage): Promise<void> | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'open':
        return state.stream.putFrame(message);
      case 'drained':
        return this.#start(state.opening)?.putFrame(message);
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
    if (!('stream' in this.#state)) return;
    const { opening, stream } = this.#state;
    const gathered = Math.min(
      opening.tracks.heldFrom ?? Number.POSITIVE_INFINITY,
      this.inbox.consumedBytes,
    );
    this.#settled.tell(stream.stream.neededFrom(), gathered);
  }

  #onProperty(payload: Buffer): void {
    const opening = this.#opening;
    if (opening === undefined) return;
    const { name, value } = parseMessage.property(payload);
    const { config } = opening;
    opening.config = { ...config, properties: { ...config.properties, [name]: value } };
    opening.settings = readSettings(opening.config);
    if (this.#state.kind === 'open') {
      const { useOriginalPts, metricsIntervalMs } = opening.settings.host;
      this.#state.stream.times.useOriginalPts = useOriginalPts;
      this.#metrics.schedule(metricsIntervalMs);
    }
  }

  #onDrain(timeoutMs: number | undefined): void {
    const state = this.#state;
    if (state.kind === 'failed') this.#send(HostMessage.drained, state.error.status);
    else if (state.kind !== 'open') this.#send(HostMessage.drained);
    else this.#drain(timeoutMs ?? state.opening.settings.client.stopStreamTimeoutMs);
  }

  /** Ends the stream that is open: all of it sent and acknowledged, or the time is up. */
  #drain(timeoutMs: number): void {
    if (this.#state.kind !== 'open') return;
    const { opening, stream } = this.#state;
    this.inbox.mayWait = true;
    const done = stream.stream.drain(timeoutMs).then(
      () => this.#settle(opening, stream, undefined),
      (error: unknown) => this.#settle(opening, stream, asKvsError(error)),
    );
    this.#to({ kind: 'draining', opening, stream, done });
  }

  #settle(opening: Opening, stream: ElementStream, error: KvsError | undefined): void {
    this.#metrics.stop();
    stream.close();
    const failed = this.#state.kind === 'failed' ? this.#state.error : undefined;
    if (failed === undefined) {
      if (error !== undefined) stream.reporter.lost(error, opening.settings.host.onLoss);
      this.#to({ kind: 'drained', opening });
    }
    const { consumedBytes } = this.inbox;
    this.#settled.tell({ frames: consumedBytes, metadata: consumedBytes }, consumedBytes);
    this.#send(HostMessage.drained, (failed ?? error)?.status ?? 0);
  }

  /** The core gave up; a drain that is under way ends by itself. */
  #fail(opening: Opening, error: KvsError): void {
    const state = this.#state;
    this.#metrics.stop();
    const kept = state.kind === 'open' ? state.stream.stream.close() : Promise.resolve();
    this.#to({ kind: 'failed', opening, error, kept });
  }
}
