import type { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { OnLoss } from '../settings/element-settings.ts';
import type { StreamMetrics } from '../stream/stream-metrics.ts';
import type { StreamPortEvents } from '../stream/stream-port.ts';
import type { SendToElement } from '../wire/host-message.ts';
import { HostMessage } from '../wire/wire.ts';
import {
  ackStructure,
  type BusCode,
  bitrateStructure,
  CORE_CLOCK,
  closedStructure,
  connectionStructure,
  droppedStructure,
  errorStructure,
  LIBRARY_INIT,
  metricsStructure,
  pressureStructure,
  RESOURCE_WRITE,
  readyStructure,
  STREAM_FAILED,
  spoolStructure,
} from './bus-messages.ts';
import { clockStructure, clockWarning } from './time-messages.ts';

/** The same warning is not repeated within this time: an outage says it once. */
const WARNING_INTERVAL_MS = 30_000;
const PUT_FRAME_INTERVAL_MS = 1_000;

/**
 * Turns what the core reports into the element's messages (docs/3-program/bus-messages.md), with upstream's
 * bus domains and codes: an initialisation error before the stream was ready, a stream error after.
 */
export class BusReporter implements StreamPortEvents {
  readonly #send: SendToElement;
  readonly #clock: Clock;
  readonly #stream: string;
  readonly #onFatal: (error: KvsError) => void;
  readonly #onCorrected: (byMs: number) => void;
  readonly #onFragmentLeft: () => void;
  /** When a warning of this code was last posted, monotonic ms. */
  readonly #warnedMs = new Map<string, number>();
  #suppressedPutErrors = 0;
  #wasReady = false;

  /**
   * @param stream name of the stream as messages give it.
   * @param onFatal called after a fatal error was reported.
   * @param onCorrected called when the core adds so much to the times it is given.
   * @param onFragmentLeft called when the core holds a fragment less.
   */
  constructor(
    send: SendToElement,
    clock: Clock,
    stream: string,
    onFatal: (error: KvsError) => void,
    onCorrected: (byMs: number) => void = () => {},
    onFragmentLeft: () => void = () => {},
  ) {
    this.#send = send;
    this.#clock = clock;
    this.#stream = stream;
    this.#onFatal = onFatal;
    this.#onCorrected = onCorrected;
    this.#onFragmentLeft = onFragmentLeft;
  }

  ready(streamArn: string): void {
    this.#wasReady = true;
    this.#send(HostMessage.ready, 0, readyStructure(this.#stream, streamArn));
  }

  connection(state: Parameters<StreamPortEvents['connection']>[0]): void {
    this.element(connectionStructure(this.#stream, state));
    if (state.kind === 'streaming') this.#warnedMs.clear();
    if (state.kind === 'reconnecting') this.warning(RESOURCE_WRITE, state.reason);
  }

  ack(
    ack: Parameters<StreamPortEvents['ack']>[0],
    info: Parameters<StreamPortEvents['ack']>[1],
  ): void {
    this.#send(HostMessage.ack, 0, ackStructure(this.#stream, ack, info));
  }

  droppedFrames(drop: Parameters<StreamPortEvents['droppedFrames']>[0]): void {
    this.element(droppedStructure(this.#stream, 'frames', drop));
  }

  droppedFragment(drop: Parameters<StreamPortEvents['droppedFragment']>[0]): void {
    const { frames, startNs, reason } = drop;
    this.element(droppedStructure(this.#stream, 'fragment', { frames, ptsNs: startNs, reason }));
  }

  pressure(pressure: Parameters<StreamPortEvents['pressure']>[0]): void {
    this.element(pressureStructure(this.#stream, pressure));
  }

  spool(status: Parameters<StreamPortEvents['spool']>[0]): void {
    this.element(spoolStructure(this.#stream, status));
  }

  fragmentLeft(): void {
    this.#onFragmentLeft();
  }

  clockError(error: Parameters<StreamPortEvents['clockError']>[0]): void {
    if (error.isCorrected) this.#onCorrected(error.byMs);
    this.warning(CORE_CLOCK, clockWarning(error));
    this.element(clockStructure(this.#stream, error));
  }

  bitrateAdvice(advice: Parameters<StreamPortEvents['bitrateAdvice']>[0]): void {
    this.element(bitrateStructure(this.#stream, advice));
  }

  error(error: KvsError, fatal: boolean): void {
    if (!fatal) {
      this.warning(RESOURCE_WRITE, error);
      return;
    }
    const bus = this.#wasReady ? STREAM_FAILED : LIBRARY_INIT;
    const prefix = this.#wasReady
      ? `[${this.#stream}] Stream error occurred.`
      : `Failed to create stream. ${error.message}`;
    this.#send(
      HostMessage.error,
      error.status,
      errorStructure(bus, error, { prefix, signal: true }),
    );
    this.#onFatal(error);
  }

  warned(warning: KvsError): void {
    this.#send(HostMessage.warning, warning.status, errorStructure(STREAM_FAILED, warning));
  }

  keyFrameWanted(trackId: number): void {
    this.#send(HostMessage.forceKeyUnit, trackId);
  }

  closed(): void {
    this.element(closedStructure(this.#stream));
  }

  /** A frame that could not be put: upstream's warning, at most one a second. */
  putFrameFailed(error: KvsError): void {
    const prefix =
      this.#suppressedPutErrors > 0
        ? `put frame error occurred (and ${this.#suppressedPutErrors} more before it).`
        : 'put frame error occurred.';
    const posted = this.#post(RESOURCE_WRITE, error, PUT_FRAME_INTERVAL_MS, prefix);
    this.#suppressedPutErrors = posted ? 0 : this.#suppressedPutErrors + 1;
  }

  /** Frames that were taken are lost with the end of the stream. */
  lost(error: KvsError, onLoss: OnLoss): void {
    if (onLoss === 'warning') this.warning(RESOURCE_WRITE, error);
    else this.#send(HostMessage.error, error.status, errorStructure(RESOURCE_WRITE, error));
  }

  /** A warning on the bus; the same one is not repeated within half a minute. */
  warning(bus: BusCode, error: KvsError): void {
    this.#post(bus, error, WARNING_INTERVAL_MS);
  }

  metrics(metrics: StreamMetrics, frame?: { ptsNs: bigint; first: boolean }): void {
    this.#send(HostMessage.metrics, 0, metricsStructure(this.#stream, metrics, frame));
  }

  #post(bus: BusCode, error: KvsError, intervalMs: number, prefix?: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const lastMs = this.#warnedMs.get(error.code);
    if (lastMs !== undefined && nowMs - lastMs < intervalMs) return false;
    this.#warnedMs.set(error.code, nowMs);
    const options = prefix === undefined ? {} : { prefix };
    this.#send(HostMessage.warning, error.status, errorStructure(bus, error, options));
    return true;
  }

  /** An ELEMENT message. */
  element(structure: string): void {
    this.#send(HostMessage.element, 0, structure);
  }
}
