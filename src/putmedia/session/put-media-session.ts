import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { networkError } from '../../aws/network/network-error.ts';
import type { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { plainHttp } from '../../runtime/plain-http.ts';
import type {
  AckLevel,
  FragmentSource,
  SessionFormat,
  StoredFragment,
} from '../../storage/stored-fragment.ts';
import type { FragmentAck } from '../uploader-api.ts';
import { reaches } from './ack-level.ts';
import { AckParser } from './ack-parser.ts';
import { BodyWriter } from './body-writer.ts';
import { readRefusal } from './refusal.ts';
import { type SentFragment, SentFragments } from './sent-fragments.ts';
import type { SessionLimits, SessionVerdict } from './session-limits.ts';
import type { SessionPhase } from './session-phase.ts';
import { SessionWatch } from './session-watch.ts';

/** How a session ended. A session ends once and is never used again. */
export type SessionOutcome =
  /** We ended the body, and the service its answer, or everything was acknowledged. */
  | { readonly kind: 'finished' }
  /** The service ended a good answer before we ended the body: idle, or too old. */
  | { readonly kind: 'ended-by-service' }
  /** Refused (`isAccepted` false), lost, or out of time. */
  | { readonly kind: 'failed'; readonly error: KvsError; readonly isAccepted: boolean }
  /** Its owner closed it. */
  | { readonly kind: 'aborted' };

/** Called synchronously; nothing is called after `closed`. */
export type SessionEvents = {
  /** The connection stands (TCP, TLS) and the request's head is with the kernel. */
  connected(): void;
  /** The service answered 200, `latencyMs` after the request was made. */
  accepted(latencyMs: number): void;
  /** `sent` is the fragment of this session that the acknowledgement is about. */
  ack(ack: FragmentAck, sent: SentFragment | undefined): void;
  /** An acknowledgement that could not be read. */
  ackProblem(error: KvsError): void;
  /** All of a fragment's bytes are with the kernel. */
  written(sent: SentFragment): void;
  /** The body is ended; fragments from `untilIndex` on are left to others. */
  ended(untilIndex: number): void;
  /** Fragments were received a while ago and none of them was persisted; once per session. */
  unpersisted(error: KvsError): void;
  /** A fragment was begun, or received, long ago and nothing was heard of it since. */
  stale(agoMs: number, error: KvsError): void;
  /** The service's Date header, for measuring its clock. */
  date(header: string, roundTripMs: number): void;
  closed(outcome: SessionOutcome): void;
};

export type SessionOptions = {
  /** Counts up per stream; upstream's upload handle. */
  readonly id: number;
  readonly url: URL;
  /** Signed just now. */
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly source: FragmentSource;
  readonly format: SessionFormat;
  /** Undefined: the connection is made, and fragments follow with startAt. */
  readonly firstIndex: number | undefined;
  readonly isDone: (fragment: StoredFragment) => boolean;
  /** The acknowledgement after which nothing more is awaited; undefined without acknowledgements. */
  readonly settledLevel: AckLevel | undefined;
  readonly limits: SessionLimits;
  /** Name of the credential provider, for the text of a refusal. */
  readonly provider: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dump: ((bytes: Uint8Array) => void) | undefined;
  readonly events: SessionEvents;
};

type State =
  | SessionPhase
  /** How it stood at the end. */
  | { readonly kind: 'closed'; readonly wasAccepted: boolean; readonly hadSentAll: boolean };

/**
 * One PutMedia request: an endless chunked body out, acknowledgements in, on one HTTP/1.1
 * connection. Fails fast and tells how; knows nothing of retry, other sessions or credentials.
 */
export class PutMediaSession {
  readonly id: number;
  readonly sent = new SentFragments();
  readonly #options: SessionOptions;
  readonly #request: ClientRequest;
  readonly #writer: BodyWriter;
  readonly #parser: AckParser;
  readonly #watch: SessionWatch;
  #state: State = { kind: 'opening' };

  constructor(options: SessionOptions) {
    const { url, agent, clock, events } = options;
    this.id = options.id;
    this.#options = options;
    this.#parser = new AckParser({
      ack: (ack) => this.#onAck(ack),
      problem: (error) => this.#isOpen && events.ackProblem(error),
    });
    const make = url.protocol === 'https:' ? httpsRequest : plainHttp().request;
    this.#request = make(url, { method: 'POST', agent, headers: { ...options.headers } });
    this.#request.setNoDelay(true);
    this.#request.on('response', (response) => this.#onResponse(response));
    this.#request.on('error', (error) => this.#onLost(error));
    this.#request.on('close', () => this.#onLost(new Error('the connection was closed')));
    this.#writer = new BodyWriter({
      request: this.#request,
      source: options.source,
      format: options.format,
      sent: this.sent,
      firstIndex: options.firstIndex,
      isDone: options.isDone,
      clock,
      log: options.log,
      dump: options.dump,
      events: {
        connected: () => this.#onConnected(),
        written: (sent) => {
          events.written(sent);
          this.#finishIfSettled();
        },
        ended: (untilIndex) => {
          events.ended(untilIndex);
          this.#finishIfSettled();
        },
        failed: (error) => this.#fail(error),
      },
    });
    this.#watch = new SessionWatch({
      clock,
      limits: options.limits,
      sent: this.sent,
      writer: this.#writer,
      phase: () => (this.#state.kind === 'closed' ? undefined : this.#state),
      overdue: (verdict) => this.#onOverdue(verdict),
    });
    this.#writer.begin();
  }

  get #isOpen(): boolean {
    return this.#state.kind !== 'closed';
  }

  /** The service has answered 200. */
  get wasAccepted(): boolean {
    const state = this.#state;
    return state.kind === 'streaming' || (state.kind === 'closed' && state.wasAccepted);
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  get log(): Logger {
    return this.#options.log;
  }

  get format(): SessionFormat {
    return this.#options.format;
  }

  /** The fragment being sent is all with the kernel, as far as it goes, and still grows. */
  get hasSentAll(): boolean {
    const state = this.#state;
    return state.kind === 'closed' ? state.hadSentAll : this.#writer.hasSentAll;
  }

  /** Since the last byte was given to the socket. */
  get quietMs(): number {
    return this.#options.clock.monotonicMs() - this.#writer.lastWriteMs;
  }

  /** Body bytes given to the socket. */
  get sentBytes(): number {
    return this.#writer.sentBytes;
  }

  /** Fragments below this one are this session's affair; infinite while it takes all. */
  get untilIndex(): number {
    return this.#writer.untilIndex;
  }

  get ageMs(): number {
    return this.#watch.ageMs;
  }

  /** Sends what can be sent. Call whenever the source changed. */
  pump(): void {
    this.#writer.pump();
  }

  /** Sends from this fragment on; for a session that was opened without a first one. */
  startAt(firstIndex: number): void {
    this.#writer.startAt(firstIndex);
  }

  /** Ends the body at the next fragment boundary; returns the first fragment left to others. */
  handOver(): number {
    return this.#writer.handOver();
  }

  /** Ends the body before this fragment. */
  limitTo(untilIndex: number): void {
    this.#writer.limitTo(untilIndex);
  }

  /** No more data will come: ends the body after what there is. */
  finish(): void {
    this.#writer.finish();
  }

  /** Ends everything at once. */
  abort(): void {
    this.#close({ kind: 'aborted' });
  }

  #to(state: State): void {
    this.#options.log.debug(`session: ${this.#state.kind} -> ${state.kind}`);
    this.#state = state;
  }

  #onConnected(): void {
    if (this.#state.kind === 'opening') {
      this.#request.setSocketKeepAlive(true, 15_000);
      this.#to({ kind: 'connected', sinceMs: this.#options.clock.monotonicMs() });
      this.#options.events.connected();
    }
  }

  #onResponse(response: IncomingMessage): void {
    if (!this.#isOpen) {
      response.resume();
      return;
    }
    const { clock, events, provider } = this.#options;
    const latencyMs = this.ageMs;
    const date = response.headers.date;
    if (date !== undefined) events.date(date, latencyMs);
    if (response.statusCode !== 200) {
      this.#to({ kind: 'refused' });
      readRefusal(response, { clock, provider }, (error) => this.#fail(error));
      return;
    }
    this.#onConnected();
    this.#to({ kind: 'streaming' });
    response.on('data', (bytes: Buffer) => {
      if (this.#isOpen) this.#parser.push(bytes);
    });
    response.on('end', () => this.#onResponseEnd());
    response.on('error', (error) => this.#onLost(error));
    events.accepted(latencyMs);
    this.#writer.accept();
  }

  #onResponseEnd(): void {
    this.#close({ kind: this.#writer.isEnded ? 'finished' : 'ended-by-service' });
  }

  #onAck(ack: FragmentAck): void {
    if (!this.#isOpen) return;
    const sent = this.sent.match(ack);
    this.#watch.acknowledged(ack);
    this.#options.events.ack(ack, sent);
    this.#finishIfSettled();
  }

  /** After the end of the body there is nothing to stay for once the last fragment is settled. */
  #finishIfSettled(): void {
    const { settledLevel } = this.#options;
    if (!this.#isOpen || !this.#writer.isEnded || settledLevel === undefined) return;
    for (const sent of this.sent.values()) {
      if (!sent.isSettled && !reaches(sent.level, settledLevel)) return;
    }
    if (this.#writer.queuedBytes === 0) this.#close({ kind: 'finished' });
  }

  #onOverdue(verdict: SessionVerdict): void {
    const { log, events, clock } = this.#options;
    switch (verdict.kind) {
      case 'failed':
        this.#fail(verdict.error);
        break;
      case 'unanswered-end':
        this.#onUnansweredEnd(verdict.error);
        break;
      case 'idle':
        log.info('nothing to send, ending the session', { idleMs: verdict.idleMs });
        this.#writer.handOver();
        break;
      case 'unpersisted':
        events.unpersisted(verdict.error);
        break;
      case 'stale':
        events.stale(clock.monotonicMs() - verdict.sinceMs, verdict.error);
    }
  }

  /** The answer's end did not come: it matters only if an acknowledgement is missing. */
  #onUnansweredEnd(error: KvsError): void {
    if (this.#options.settledLevel === undefined || this.sent.unsettledCount === 0) {
      this.#close({ kind: 'finished' });
    } else {
      this.#fail(error);
    }
  }

  /** The connection is gone. A refusal that is being read says more than that. */
  #onLost(error: Error): void {
    if (this.#state.kind !== 'refused') {
      this.#fail(networkError('PutMedia', this.#options.url.host, error));
    }
  }

  #fail(error: KvsError): void {
    this.#close({ kind: 'failed', error, isAccepted: this.wasAccepted });
  }

  #close(outcome: SessionOutcome): void {
    if (!this.#isOpen) return;
    this.#to({
      kind: 'closed',
      wasAccepted: this.wasAccepted,
      hadSentAll: this.#writer.hasSentAll,
    });
    this.#watch.stop();
    this.#request.destroy();
    // Only now may the store reuse the bytes: a destroyed socket reads nothing any more.
    this.#writer.close();
    this.#options.events.closed(outcome);
  }
}
