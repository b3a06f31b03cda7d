import type { Clock, Timer } from '../../runtime/clock.ts';
import { type AckErrorCode, codeOfErrorId } from '../errors/error-acks.ts';
import { resetConnection } from '../http/raw-sockets.ts';
import type { ShapedRequest } from '../http/shaped-request.ts';
import type { ShapedResponse } from '../http/shaped-response.ts';
import { sendErrorFault, sendExpired, sendThrottled } from './answer-faults.ts';
import type { FaultKind, FaultOf, FaultyAck } from './fault.ts';
import type { FaultSet, Strikable } from './fault-set.ts';
import type { FaultTarget, InjectedFault } from './injected-fault.ts';

/** Faults that strike a connection, whenever they begin. */
const CONNECTION_KINDS = ['bandwidth', 'split', 'stall', 'drop', 'half-close'] as const;
type ConnectionFault = FaultOf<(typeof CONNECTION_KINDS)[number]>;

/** How long a client may go on sending to a connection that was closed in its face. */
const LINGER_MS = 1_000;
/** Pieces of a slow answer: small beside what sockets buffer. */
const MAX_PIECE_BYTES = 8 * 1024;

/** A request and its answer, with whatever faults do to them. */
export class Exchange implements Strikable {
  readonly #faults: FaultSet;
  readonly #clock: Clock;
  readonly #target: FaultTarget;
  readonly #request: ShapedRequest;
  readonly #response: ShapedResponse;
  /** Pauses behind what was read, one for each limit of the bandwidth. */
  readonly #pauses = new Map<InjectedFault, (bytes: number) => void>();
  readonly #struckBy = new Set<InjectedFault>();
  readonly #atClose = new Set<() => void>();
  #fragments = 0;
  #isCut = false;
  /** Called when the answer was ended while the request goes on. */
  onHalfClosed: () => void = () => {};

  constructor(
    faults: FaultSet,
    clock: Clock,
    target: FaultTarget,
    request: ShapedRequest,
    response: ShapedResponse,
  ) {
    this.#faults = faults;
    this.#clock = clock;
    this.#target = target;
    this.#request = request;
    this.#response = response;
  }

  /** Milliseconds by which the service's clock is wrong for this request; Date says so, too. */
  skewMs(): number {
    const skewMs = this.#faults.strike('clock-skew', this.#target)?.fault.skewMs ?? 0;
    if (skewMs !== 0) {
      this.#response.setHeader('date', new Date(this.#clock.nowMs() + skewMs).toUTCString());
    }
    return skewMs;
  }

  /**
   * Lets the faults strike that strike requests, and from now on those that strike connections.
   * @param signer access key of the request's signature, right or wrong; undefined for what asks for none.
   * @returns whether there is something left to answer.
   */
  async begin(signer: { readonly accessKeyId: string } | undefined): Promise<boolean> {
    this.#atClose.add(this.#faults.admit(this));
    this.#response.once('close', () => {
      for (const then of [...this.#atClose]) then();
    });
    for (const kind of CONNECTION_KINDS) {
      const struck = this.#faults.strike(kind, this.#target, isAtOnce);
      if (struck !== undefined && !this.#isOver) await this.#strike(struck);
    }
    const late = this.#faults.strike('delay', this.#target);
    if (late !== undefined) await this.#wait(late, late.fault.delayMs);
    return !this.#isOver && !this.#refuse(signer);
  }

  /** A fault has begun while the request is being answered. */
  meet(injected: InjectedFault): void {
    const { fault } = injected;
    if (this.#isOver || !isOfConnections(fault) || !isAtOnce(fault)) return;
    if (injected.isAimedAt(this.#target) && injected.strike()) void this.#strike(injected);
  }

  /** PutMedia has read so many bytes of its body. */
  received(bytes: number): void {
    for (const pause of this.#pauses.values()) pause(bytes);
  }

  /** PutMedia has received another whole fragment. */
  fragmentReceived(): void {
    this.#fragments += 1;
    for (const kind of CONNECTION_KINDS) {
      if (this.#isOver) return;
      const struck = this.#faults.strike(
        kind,
        this.#target,
        ({ afterFragments = Number.POSITIVE_INFINITY }, injected) =>
          afterFragments <= this.#fragments && !this.#struckBy.has(injected),
      );
      if (struck !== undefined) void this.#strike(struck);
    }
  }

  /** What becomes of an acknowledgement; the promise resolves when it may be sent. */
  ackFate(event: FaultyAck): 'sent' | 'withheld' | Promise<void> {
    const isEvent = (fault: { readonly event?: FaultyAck }): boolean =>
      fault.event === undefined || fault.event === event;
    if (this.#faults.strike('withhold-acks', this.#target, isEvent)) return 'withheld';
    const late = this.#faults.strike('delay-acks', this.#target, isEvent);
    return late === undefined ? 'sent' : this.#wait(late, late.fault.delayMs);
  }

  /** The error that takes the place of a fragment's acknowledgement, if there is one. */
  ackError(event: 'BUFFERING' | 'RECEIVED' | 'PERSISTED'): AckErrorCode | undefined {
    const isEvent = (fault: FaultOf<'error-ack'>): boolean =>
      (fault.event ?? 'BUFFERING') === event;
    const struck = this.#faults.strike('error-ack', this.#target, isEvent);
    return struck === undefined ? undefined : codeOfErrorId(struck.fault.errorId);
  }

  get #isOver(): boolean {
    return this.#isCut || this.#response.destroyed || this.#request.socket.destroyed;
  }

  #refuse(signer: { readonly accessKeyId: string } | undefined): boolean {
    const response = this.#response;
    const isKey = (fault: FaultOf<'expired-credentials'>): boolean =>
      signer !== undefined && [undefined, signer.accessKeyId].includes(fault.accessKeyId);
    if (this.#faults.strike('expired-credentials', this.#target, isKey) !== undefined) {
      sendExpired(response);
      return true;
    }
    const throttle = this.#faults.strike(
      'throttle',
      this.#target,
      ({ perSecond = 0 }, injected) => !injected.passes(perSecond, this.#clock.monotonicMs()),
    );
    if (throttle !== undefined) {
      sendThrottled(response, throttle.fault);
      return true;
    }
    const error = this.#faults.strike('error', this.#target)?.fault;
    if (error !== undefined) sendErrorFault(response, error);
    return error !== undefined;
  }

  /** Resolves when a request that has just begun may go on. */
  async #strike(injected: InjectedFault): Promise<void> {
    const { fault } = injected;
    this.#struckBy.add(injected);
    switch (fault.kind) {
      case 'drop':
        this.#drop(fault.how ?? 'reset');
        break;
      case 'half-close':
        this.#halfClose();
        this.#whenOver(injected, () => this.#request.socket.destroy());
        break;
      case 'stall': {
        const { direction = 'both' } = fault;
        if (direction !== 'in') {
          const shape = { kind: 'held' } as const;
          this.#whenOver(injected, this.#response.shape(shape, this.#clock));
        }
        if (direction !== 'out') this.#whenOver(injected, this.#request.hold());
        if (direction !== 'out') await this.#wait(injected, Number.POSITIVE_INFINITY);
        break;
      }
      case 'bandwidth':
        this.#slowDown(injected, fault);
        break;
      case 'split': {
        const { pieceBytes, pauseMs = 1 } = fault;
        const shape = { kind: 'paced', pieceBytes, pauseMs: () => pauseMs } as const;
        this.#whenOver(injected, this.#response.shape(shape, this.#clock));
        break;
      }
      default:
        throw new Error(`${fault.kind} strikes no connection`);
    }
  }

  #drop(how: 'reset' | 'close'): void {
    const { socket } = this.#request;
    if (how === 'reset') {
      this.#isCut = true;
      resetConnection(socket);
      return;
    }
    this.#halfClose();
    // Closed with bytes unread, it would be reset.
    const cut = this.#clock.after(LINGER_MS, () => socket.destroy());
    this.#atClose.add(() => cut.cancel());
  }

  /** Sends FIN; what is still being written goes nowhere, and what comes is thrown away. */
  #halfClose(): void {
    this.#isCut = true;
    this.#response.mute();
    this.#request.socket.end();
    this.#request.resume();
    this.onHalfClosed();
  }

  #slowDown(
    injected: InjectedFault,
    { bytesPerSecond, direction = 'both' }: FaultOf<'bandwidth'>,
  ): void {
    const pauseMs = (bytes: number): number => (bytes * 1_000) / bytesPerSecond;
    if (direction !== 'in') {
      const tenth = Math.ceil(bytesPerSecond / 10);
      const pieceBytes = Math.min(MAX_PIECE_BYTES, tenth);
      const shape = { kind: 'paced', pieceBytes, pauseMs } as const;
      this.#whenOver(injected, this.#response.shape(shape, this.#clock));
    }
    if (direction === 'out') return;
    let release = (): void => {};
    let pause: Timer | undefined;
    let dueMs = 0;
    this.#pauses.set(injected, (bytes) => {
      const nowMs = this.#clock.monotonicMs();
      dueMs = Math.max(dueMs, nowMs) + pauseMs(bytes);
      pause?.cancel();
      const before = release;
      release = this.#request.hold();
      before();
      pause = this.#clock.after(dueMs - nowMs, release);
    });
    this.#whenOver(injected, () => {
      this.#pauses.delete(injected);
      pause?.cancel();
      release();
    });
  }

  /** When the fault is over; the connection's end forgets it. */
  #whenOver(injected: InjectedFault, then: () => void): void {
    this.#atClose.add(this.#faults.whenOver(injected, then));
  }

  /** Resolves after a time, or when the fault is over or the client has gone before that. */
  #wait(injected: InjectedFault, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, done);
      const forget = this.#faults.whenOver(injected, done);
      this.#atClose.add(done);
      const atClose = this.#atClose;
      function done(): void {
        timer.cancel();
        forget();
        atClose.delete(done);
        resolve();
      }
    });
  }
}

function isOfConnections(fault: { readonly kind: FaultKind }): fault is ConnectionFault {
  return CONNECTION_KINDS.some((kind) => kind === fault.kind);
}

/** Whether it strikes as soon as it can, not at a fragment. */
function isAtOnce({ afterFragments }: ConnectionFault): boolean {
  return afterFragments === undefined;
}
