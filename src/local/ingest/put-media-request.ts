import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { MatroskaReader } from '../../matroska/reader.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { AckErrorCode } from '../errors/error-acks.ts';
import type { Exchange } from '../faults/fault-exchange.ts';
import { REQUEST_ID } from '../http/request-id.ts';
import type { Behaviours } from '../settings/behaviours.ts';
import type { IngestLimits } from '../settings/ingest-limits.ts';
import { TokenBucket } from '../settings/token-bucket.ts';
import type { LocalStream, OpenRequest } from '../streams/local-stream.ts';
import type { ProducerSession } from '../streams/producer-session.ts';
import { AckWriter } from './ack-writer.ts';
import type { AckedFragment } from './acks.ts';
import { FragmentAssembler } from './fragment-assembler.ts';
import type { FragmentDraft } from './fragment-draft.ts';
import { IngestError } from './ingest-error.ts';
import { Intake } from './intake.ts';

/** Received but not yet on disk; beyond it the client is made to wait. */
const MAX_UNPERSISTED_BYTES = 8 * 1024 * 1024;
/** Why a session ended that a newer one took the place of. */
const SUPERSEDED = 'closed for a newer connection';
/** How long a refused client may go on sending before its connection is cut. */
const LINGER_MS = 1_000;

export type PutMediaParameters = {
  /** Epoch ms of x-amzn-producer-start-timestamp for RELATIVE timecodes; 0 for ABSOLUTE ones. */
  readonly baseMs: number;
  readonly acksWanted: boolean;
  readonly timecodes: 'ABSOLUTE' | 'RELATIVE';
};

/** How far a session has come. `failed` has sent its ERROR ack and reads no more. */
type State = 'receiving' | 'ended' | 'failed' | 'closed';

/** What a PutMedia request has from its service. */
export type IngestContext = {
  readonly behaviours: Behaviours;
  readonly limits: IngestLimits;
  readonly clock: Clock;
  readonly log: Logger;
};

/** One PutMedia request: body in, acks out, both at once. */
export class PutMediaRequest implements OpenRequest {
  readonly id = randomUUID();
  readonly #context: IngestContext;
  readonly #exchange: Exchange;
  readonly #stream: LocalStream;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #log: Logger;
  readonly #session: ProducerSession;
  readonly #acks: AckWriter;
  readonly #assembler: FragmentAssembler;
  readonly #reader: MatroskaReader;
  readonly #timers: Timer[] = [];
  #state: State = 'receiving';
  #lastDataMs: number;
  #unpersistedBytes = 0;
  #unpersisted = 0;
  #whenSettled: () => void = () => {};
  readonly #intake: Intake;
  readonly #byteRate: TokenBucket;
  readonly #fragmentRate: TokenBucket;
  #pacedUntilMs = 0;
  /** Counts down since a newer connection took over. */
  #handover: Timer | undefined;
  #paced: Timer | undefined;

  constructor(
    context: IngestContext,
    exchange: Exchange,
    stream: LocalStream,
    parameters: PutMediaParameters,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#context = context;
    this.#exchange = exchange;
    this.#stream = stream;
    this.#request = request;
    this.#response = response;
    this.#log = context.log.child({ stream: stream.record.name, session: this.id.slice(0, 8) });
    const { clock, behaviours, limits } = context;
    this.#lastDataMs = clock.monotonicMs();
    this.#intake = new Intake(request);
    this.#byteRate = new TokenBucket(limits.maxPutMediaBytesPerSecond, clock);
    this.#fragmentRate = new TokenBucket(limits.maxFragmentsPerSecond, clock);
    this.#session = sessionOf(this.id, request, parameters, clock.nowMs());
    this.#acks = new AckWriter(
      { response, exchange, clock, behaviours, wanted: parameters.acksWanted },
      (note) => stream.live.ack({ ...note, atMs: clock.nowMs(), session: this.id }),
    );
    this.#assembler = new FragmentAssembler(
      {
        limits: context.limits,
        baseMs: parameters.baseMs,
        nowMs: () => context.clock.nowMs(),
        nextNumber: () => stream.fragments.nextNumber(),
      },
      {
        begun: (draft) => this.#begun(draft),
        frame: (frame) => stream.live.frame(frame),
        completed: (draft) => this.#completed(draft),
        reservedTags: (names) =>
          this.#log.warn(`tags left out, their names are the service's: ${names.slice(0, 10)}`),
      },
    );
    this.#reader = new MatroskaReader(this.#assembler);
  }

  /** Answers 200 and reads until the client or the service ends it; never rejects. */
  run(): Promise<void> {
    const { clock, limits } = this.#context;
    this.#stream.sessions.add(this);
    this.#stream.live.sessions(this.#stream.sessions.size);
    this.#stream.live.producer(this.#session);
    this.#log.info('PutMedia began');
    this.#response.writeHead(200, {
      'content-type': 'application/json',
      [REQUEST_ID]: this.id,
    });
    this.#response.flushHeaders();
    this.#exchange.onHalfClosed = () => this.#halfClosed();
    this.#request.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#request.on('end', () => this.#onEnd());
    // A fault may have held it before there was a reader.
    this.#request.resume();
    this.#watchIdle();
    this.#timers.push(
      clock.after(limits.maxConnectionMs, () => {
        this.#fail(
          'MAX_CONNECTION_DURATION_REACHED',
          'the session has reached its maximum duration',
        );
      }),
    );
    return new Promise((resolve) => {
      const closed = (): void => {
        if (this.#state !== 'closed') this.#close();
        resolve();
      };
      this.#response.once('close', closed);
      this.#response.once('error', closed);
      this.#request.once('error', closed);
    });
  }

  /** The stream is being deleted. */
  streamDeleted(): void {
    this.#fail('STREAM_DELETED', 'the stream was deleted');
  }

  get isReceiving(): boolean {
    return this.#state === 'receiving';
  }

  supersede(): void {
    if (this.#handover !== undefined) return;
    const { clock, limits } = this.#context;
    this.#handover = clock.after(limits.handoverMs, () => {
      if (this.#state !== 'receiving') return;
      this.#log.warn('PutMedia closed for a newer connection to the stream');
      this.#become('ended');
      this.#ends(SUPERSEDED);
      this.#assembler.endEarly(this.#reader.isBetweenElements);
      this.#hangUp();
    });
    this.#timers.push(this.#handover);
  }

  cutOff(): void {
    this.#log.warn('PutMedia cut off: too many connections to the stream');
    this.#ends(SUPERSEDED);
    this.#response.destroy();
  }

  /** Refuses a session whose stream is not ACTIVE. */
  refuseInactive(status: string): void {
    this.#fail('STREAM_NOT_ACTIVE', `the stream is ${status}`);
  }

  #onData(chunk: Buffer): void {
    this.#lastDataMs = this.#context.clock.monotonicMs();
    this.#exchange.received(chunk.length);
    if (this.#state !== 'receiving') return;
    this.#session.bytes += chunk.length;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#failWith(error);
    }
    if (this.#unpersistedBytes > MAX_UNPERSISTED_BYTES) this.#intake.hold('disk');
    this.#pace(this.#byteRate.spend(chunk.length));
  }

  #onEnd(): void {
    if (this.#state !== 'receiving') return;
    try {
      this.#reader.end();
      this.#assembler.endOfBody();
    } catch (error) {
      this.#failWith(error);
      return;
    }
    this.#become('ended');
    this.#ends('ended by the producer');
    this.#afterPersisting(() => this.#acks.end());
  }

  #begun(draft: FragmentDraft): void {
    this.#throwInjected('BUFFERING', draft);
    this.#acks.ack('BUFFERING', draft);
  }

  #throwInjected(event: 'BUFFERING' | 'RECEIVED' | 'PERSISTED', draft: FragmentDraft): void {
    // The session has ended with an error already, or ends with none.
    if (this.#state !== 'receiving') return;
    const code = this.#exchange.ackError(event);
    if (code === undefined) return;
    throw new IngestError(code, 'a fault was injected', { fragment: draft });
  }

  #completed(draft: FragmentDraft): void {
    this.#throwInjected('RECEIVED', draft);
    this.#acks.ack('RECEIVED', draft);
    this.#throwInjected('PERSISTED', draft);
    this.#exchange.fragmentReceived();
    this.#session.fragments += 1;
    this.#pace(this.#fragmentRate.spend(1));
    const bytes = draft.heldBytes;
    this.#unpersisted += 1;
    this.#unpersistedBytes += bytes;
    const { fragments, live, record } = this.#stream;
    fragments
      .persist(draft.finish(this.id), this.#context.behaviours.keepDuplicates)
      .then(
        (fragment) => {
          // Without retention nothing is persisted in the sense of the API, only buffered.
          if (record.retentionHours > 0) this.#acks.ack('PERSISTED', draft);
          live.persisted(fragment);
        },
        (error: unknown) => {
          if (record.status === 'DELETING') return;
          this.#acks.error('ARCHIVAL_ERROR', draft, String(error));
          this.#fail('ARCHIVAL_ERROR', String(error));
        },
      )
      .finally(() => {
        this.#unpersisted -= 1;
        this.#unpersistedBytes -= bytes;
        if (this.#unpersistedBytes <= MAX_UNPERSISTED_BYTES) this.#intake.release('disk');
        if (this.#unpersisted === 0) this.#whenSettled();
      })
      .catch((error: unknown) => {
        // A listener's mistake must not end the process, and with it every other session.
        this.#log.error(`after persisting a fragment: ${String(error)}`);
      });
  }

  /** Reads on when the rates allow it. AWS has no ack that says so: its clients wait, too. */
  #pace(waitMs: number): void {
    if (waitMs <= 0) return;
    const { clock } = this.#context;
    this.#pacedUntilMs = Math.max(this.#pacedUntilMs, clock.monotonicMs() + waitMs);
    // A client that is made to wait is not idle.
    this.#lastDataMs = this.#pacedUntilMs;
    this.#paced?.cancel();
    this.#intake.hold('rate');
    const leftMs = this.#pacedUntilMs - clock.monotonicMs();
    this.#paced = clock.after(leftMs, () => this.#intake.release('rate'));
  }

  #failWith(error: unknown): void {
    if (error instanceof IngestError) this.#fail(error.errorCode, error.message, error.fragment);
    else this.#fail('INVALID_MKV_DATA', error instanceof Error ? error.message : String(error));
  }

  /** Sends an ERROR ack and ends the session; KVS, too, goes on reading after none of them. */
  #fail(code: AckErrorCode, why: string, failed?: AckedFragment): void {
    if (this.#state !== 'receiving') return;
    this.#become('failed');
    this.#log.warn(`PutMedia failed: ${code}: ${why}`);
    this.#ends(`${code}: ${why}`);
    this.#assembler.endEarly(false);
    const fragment = failed ?? this.#assembler.current;
    this.#hangUp(() => this.#acks.error(code, fragment, why));
  }

  /**
   * Ends answer and connection, with `last` after the acks of what is still being persisted: the client sees the end at once, and for a moment what it is still
   * sending is read and thrown away. Cut at once, it would lose acks that it has not read
   * (RFC 9112, 9.6); kept open for another request, it would send into the void.
   */
  #hangUp(last: () => void = () => {}): void {
    const { socket } = this.#request;
    this.#intake.open();
    this.#response.once('finish', () => {
      socket.end();
      const cut = this.#context.clock.after(LINGER_MS, () => socket.destroy());
      socket.once('close', () => cut.cancel());
    });
    this.#afterPersisting(() => {
      last();
      this.#acks.end();
    });
  }

  #afterPersisting(then: () => void): void {
    if (this.#unpersisted === 0) then();
    else this.#whenSettled = then;
  }

  #watchIdle(): void {
    const { clock, limits } = this.#context;
    const timer = clock.after(limits.idleAckMs, () => {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      if (this.#state !== 'receiving') return;
      const idleMs = clock.monotonicMs() - this.#lastDataMs;
      if (idleMs >= limits.idleTimeoutMs) {
        this.#log.info(`PutMedia closed: nothing received for ${Math.round(idleMs)} ms`);
        this.#become('ended');
        this.#ends(`idle for ${Math.round(idleMs / 1000)} s`);
        this.#assembler.endEarly(this.#reader.isBetweenElements);
        this.#hangUp();
        return;
      }
      if (idleMs >= limits.idleAckMs * 0.9) this.#acks.idle();
      this.#watchIdle();
    });
    this.#timers.push(timer);
  }

  /** The answer was ended without a word: what comes is read, and kept no more. */
  #halfClosed(): void {
    if (this.#state !== 'receiving') return;
    this.#become('ended');
    this.#assembler.endEarly(this.#reader.isBetweenElements);
  }

  #close(): void {
    if (this.#state === 'receiving') {
      const lost = this.#assembler.current;
      const frames = lost === undefined ? 0 : lost.frames;
      this.#log.info('PutMedia dropped by the client', { unfinishedFrames: frames });
    } else {
      this.#log.info('PutMedia ended');
    }
    this.#become('closed');
    this.#ends('connection lost');
    for (const timer of this.#timers) timer.cancel();
    this.#paced?.cancel();
    this.#stream.sessions.delete(this);
    this.#stream.live.sessions(this.#stream.sessions.size);
  }

  /** The first reason is the one: what follows comes of it. */
  #ends(reason: string): void {
    if (this.#session.state.kind === 'ended') return;
    this.#session.state = { kind: 'ended', atMs: this.#context.clock.nowMs(), reason };
  }

  #become(state: State): void {
    this.#log.debug(`session ${this.#state} -> ${state}`);
    this.#state = state;
  }
}

function sessionOf(
  id: string,
  { headers, socket }: IncomingMessage,
  { timecodes, acksWanted }: PutMediaParameters,
  nowMs: number,
): ProducerSession {
  return {
    id,
    userAgent: headers['user-agent'],
    remote: `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`,
    isTls: socket instanceof TLSSocket,
    timecodes,
    acksWanted,
    beganMs: nowMs,
    bytes: 0,
    fragments: 0,
    state: { kind: 'open' },
  };
}
