import type { BusMessage } from '../../host/native/native.ts';
import { EXIT } from '../process/exit-codes.ts';
import { formatClockTime } from './clock-time.ts';
import type { PipelineControl } from './pipeline.ts';
import { structureField } from './structure-field.ts';

/** gst-launch-1.0's options that say what is printed and what an interrupt does. */
export type LaunchOptions = {
  readonly quiet: boolean;
  readonly messages: boolean;
  readonly verbose: boolean;
  /** Properties that `-v` leaves out. */
  readonly exclude: readonly string[];
  /** The exit code with which a warning ends the pipeline; undefined for one that does not. */
  readonly fatalWarning?: ((warning: BusMessage) => number | undefined) | undefined;
  /** Hears of every message that an element posts about itself. */
  readonly onElementMessage?: ((message: BusMessage) => void) | undefined;
};

/** Where text goes, and what time it is. */
export type LaunchEnvironment = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly monotonicNs: () => bigint;
  /** Resolves when what was handed to the core is sent, or given up. */
  readonly settled: () => Promise<void>;
};

/** How long to wait for the ERROR message that a failed state change has posted. */
const ERROR_MESSAGE_WAIT_MS = 1000;

type Phase = 'starting' | 'prerolling' | 'playing' | 'ended';

/**
 * Plays a pipeline to its end as gst-launch-1.0 does, with the same texts and exit codes. An
 * interrupt always means: end of stream, everything sent and acknowledged, then exit.
 */
export class Launcher {
  readonly #pipeline: PipelineControl;
  readonly #options: LaunchOptions;
  readonly #environment: LaunchEnvironment;
  #phase: Phase = 'starting';
  /** Messages that came before the first state change had returned. */
  #early: BusMessage[] = [];
  #playingSinceNs: bigint | undefined;
  #isLive = false;
  #isBuffering = false;
  #isInterrupted = false;
  /** Errors that were printed: a failed state change posts them again for every try. */
  readonly #errors = new Set<string>();
  #exitCode: number = EXIT.ok;
  #end: () => void = () => {};
  readonly #ended: Promise<void>;
  /** Leaving PLAYING waits until everything is sent, which is what a second interrupt is not for. */
  #abort: () => void = () => {};
  readonly #aborted: Promise<void>;
  #freed: Promise<void> | undefined;
  #onError: () => void = () => {};

  constructor(pipeline: PipelineControl, options: LaunchOptions, environment: LaunchEnvironment) {
    this.#pipeline = pipeline;
    this.#options = options;
    this.#environment = environment;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#aborted = new Promise((resolve) => {
      this.#abort = resolve;
    });
  }

  /**
   * Plays to the end. Call once.
   * @returns the exit code; with `interrupted` the pipeline may still be playing.
   */
  async run(): Promise<number> {
    this.#freed = this.#runToEnd();
    await Promise.race([this.#freed, this.#aborted]);
    return this.#exitCode;
  }

  async #runToEnd(): Promise<void> {
    const pipeline = this.#pipeline;
    if (this.#options.verbose) pipeline.watchProperties();
    pipeline.onMessage((message) => this.#onMessage(message));
    this.#print('Setting pipeline to PAUSED ...');
    const change = await pipeline.setState('paused');
    if (change === 'failure') await this.#failedToPause();
    else await this.#play(change);
    this.#phase = 'ended';
    this.#print('Setting pipeline to NULL ...');
    await pipeline.setState('null');
    await this.#environment.settled();
    this.#print('Freeing pipeline ...');
    await pipeline.dispose();
  }

  /** First time: end of stream, and all of it sent, as at any end. Second time: stop at once. */
  interrupt(): void {
    this.#print('handling interrupt.');
    if (this.#isInterrupted) {
      this.#print('Interrupt while waiting for EOS - stopping pipeline...');
      this.#exitCode = EXIT.interrupted;
      this.#abort();
      return;
    }
    this.#isInterrupted = true;
    this.#print('Interrupt: Stopping pipeline ...');
    if (this.#phase !== 'playing') {
      this.#end();
      return;
    }
    this.#print('EOS on shutdown enabled -- Forcing EOS on the pipeline');
    this.#print('Waiting for EOS...');
    void this.#pipeline.sendEos().then((taken) => {
      // A pipeline that cannot end (no source yet) is stopped; what came is still sent.
      if (!taken) this.#end();
    });
  }

  /**
   * For a pipeline among others in this process: `run` resolves at once, as with a second interrupt.
   * @returns when the pipeline has ended and is freed, which may be never.
   */
  async abandon(): Promise<void> {
    this.#exitCode = EXIT.interrupted;
    this.#abort();
    this.#end();
    await this.#freed;
  }

  async #failedToPause(): Promise<void> {
    if (this.#errors.size === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ERROR_MESSAGE_WAIT_MS);
        this.#onError = () => {
          clearTimeout(timer);
          resolve();
        };
        for (const message of this.#takeEarly()) this.#handle(message);
      });
    }
    this.#environment.stderr('Failed to set pipeline to PAUSED.\n');
    this.#exitCode = EXIT.stateChangeFailure;
  }

  async #play(change: 'success' | 'async' | 'no-preroll'): Promise<void> {
    if (change === 'no-preroll') {
      this.#isLive = true;
      this.#print('Pipeline is live and does not need PREROLL ...');
    } else if (change === 'async') {
      this.#print('Pipeline is PREROLLING ...');
    }
    this.#phase = 'prerolling';
    for (const message of this.#takeEarly()) this.#handle(message);
    await this.#ended;
    if (this.#playingSinceNs !== undefined) {
      const elapsedNs = this.#environment.monotonicNs() - this.#playingSinceNs;
      this.#print(`Execution ended after ${formatClockTime(elapsedNs)}`);
    }
  }

  #takeEarly(): BusMessage[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  #onMessage(message: BusMessage): void {
    // An error is printed when it is posted, as gst-launch does from its sync handler.
    if (this.#phase === 'starting' && message.type !== 'error') this.#early.push(message);
    else this.#handle(message);
  }

  #handle(message: BusMessage): void {
    if (this.#options.messages) this.#printMessage(message);
    switch (message.type) {
      case 'error':
        this.#handleError(message);
        break;
      case 'warning':
        this.#print(`WARNING: from element ${message.path}: ${message.text ?? ''}`);
        this.#printDebug(message);
        this.#endIfFatal(message);
        break;
      case 'element':
        this.#options.onElementMessage?.(message);
        break;
      case 'info':
        if (message.debug) this.#print(`INFO:\n${message.debug}`);
        break;
      case 'eos':
        if (!message.fromPipeline) break;
        this.#print(`Got EOS from element "${message.source}".`);
        this.#print('EOS received - stopping pipeline...');
        this.#end();
        break;
      case 'state-changed':
        if (message.fromPipeline && message.newState === 'paused') this.#prerolled();
        break;
      case 'buffering':
        this.#handleBuffering(message.percent ?? 100);
        break;
      case 'latency':
        this.#print('Redistribute latency...');
        void this.#pipeline.recalculateLatency();
        break;
      case 'new-clock':
        this.#print(`New clock: ${structureField(message.structure, 'clock') ?? 'NULL'}`);
        break;
      case 'clock-lost':
        this.#print('Clock lost, selecting a new one');
        void this.#pipeline.setState('paused').then(() => this.#pipeline.setState('playing'));
        break;
      case 'property-notify':
        this.#handleNotify(message);
        break;
      case 'progress':
        this.#handleProgress(message);
        break;
    }
  }

  #endIfFatal(warning: BusMessage): void {
    const exitCode = this.#options.fatalWarning?.(warning);
    if (exitCode === undefined) return;
    this.#phase = 'ended';
    this.#exitCode = exitCode;
    this.#end();
  }

  #handleError(message: BusMessage): void {
    const text = `${message.path}: ${message.text ?? ''}\n${message.debug ?? ''}`;
    if (!this.#errors.has(text)) {
      const { stderr } = this.#environment;
      stderr(`ERROR: from element ${message.path}: ${message.text ?? ''}\n`);
      if (message.debug) stderr(`Additional debug info:\n${message.debug}\n`);
      if (this.#phase === 'starting' || this.#phase === 'prerolling') {
        stderr("ERROR: pipeline doesn't want to preroll.\n");
      } else if (this.#isInterrupted) {
        this.#print('An error happened while waiting for EOS');
      }
    }
    this.#errors.add(text);
    if (this.#phase !== 'ended') this.#exitCode = EXIT.error;
    this.#onError();
    this.#end();
  }

  #prerolled(): void {
    if (this.#phase !== 'prerolling') return;
    this.#print('Pipeline is PREROLLED ...');
    if (this.#isBuffering) this.#print('Prerolled, waiting for buffering to finish...');
    else this.#startPlaying();
  }

  #startPlaying(): void {
    if (this.#phase !== 'prerolling') return;
    this.#phase = 'playing';
    this.#print('Setting pipeline to PLAYING ...');
    this.#playingSinceNs = this.#environment.monotonicNs();
    void this.#pipeline.setState('playing').then((change) => {
      if (change !== 'failure' || this.#phase === 'ended') return;
      this.#environment.stderr("ERROR: pipeline doesn't want to play.\n");
      this.#exitCode = EXIT.stateChangeFailure;
      this.#end();
    });
  }

  #handleBuffering(percent: number): void {
    if (!this.#options.quiet) this.#environment.stdout(`buffering... ${percent}%  \r`);
    if (this.#isLive) return;
    if (percent < 100) {
      if (!this.#isBuffering && this.#phase === 'playing') {
        this.#print('Buffering, setting pipeline to PAUSED ...');
        void this.#pipeline.setState('paused');
      }
      this.#isBuffering = true;
      return;
    }
    this.#isBuffering = false;
    if (this.#phase === 'prerolling') {
      this.#startPlaying();
    } else if (this.#phase === 'playing') {
      this.#print('Done buffering, setting pipeline to PLAYING ...');
      void this.#pipeline.setState('playing');
    }
  }

  #handleNotify({ path, property = '', text = '(no value)' }: BusMessage): void {
    // All those caps going to NULL at the end are just noise.
    if (this.#phase === 'ended' || this.#options.exclude.includes(property)) return;
    this.#print(`${path}: ${property} = ${text}`);
  }

  #handleProgress(message: BusMessage): void {
    const code = structureField(message.structure, 'code') ?? '';
    const text = structureField(message.structure, 'text') ?? '';
    this.#print(`Progress: (${code}) ${text}`);
  }

  #printMessage(message: BusMessage): void {
    const structure = message.structure ?? 'no message details';
    const { seqnum, type } = message;
    this.#print(`Got message #${seqnum} ${sourceOf(message)}(${type}): ${structure}`);
  }

  #printDebug(message: BusMessage): void {
    if (message.debug) this.#print(`Additional debug info:\n${message.debug}`);
  }

  #print(line: string): void {
    if (!this.#options.quiet) this.#environment.stdout(`${line}\n`);
  }
}

/** `from element "x"`, `from pad "x:src"`, as gst-launch -m says it. */
function sourceOf(message: BusMessage): string {
  if (message.source === '') return '';
  const pad = message.path.match(/:([^/.:]+)\.Gst\w*Pad:([^/.:]+)$/);
  if (pad) return `from pad "${pad[1]}:${pad[2]}" `;
  const kind = /^\/Gst\w*(Pipeline|Bin)|\/Gst/.test(message.path) ? 'element' : 'object';
  return `from ${kind} "${message.source}" `;
}
