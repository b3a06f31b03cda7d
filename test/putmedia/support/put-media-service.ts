import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { TAG } from '../../../src/matroska/tags.ts';

/** A fragment as the service received it. */
export type ReceivedFragment = {
  readonly timecode: bigint;
  /** The numbers at the start of the frames. */
  readonly frames: number[];
  isWhole: boolean;
  isPersisted: boolean;
};

/** One PutMedia request as the service saw it. */
export type ReceivedSession = {
  readonly number: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly fragments: ReceivedFragment[];
  /** The document began with an EBML header and was Matroska to the end. */
  problem: string | undefined;
  endedWithEofr: boolean;
  bodyEnded: boolean;
  closed: boolean;
  bytes: number;
  /** Acknowledges, resets, … from a test. */
  readonly send: (text: string) => void;
  readonly response: ServerResponse;
  readonly socket: Socket;
};

type AckType = 'BUFFERING' | 'RECEIVED' | 'PERSISTED';

/** What the service does with a request; everything has a default. */
export type Behaviour = {
  /** Answers this at once instead of 200. */
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Answers nothing at all, but reads. */
  silent?: boolean;
  /** Reads nothing at all. */
  deaf?: boolean;
  /** Which acknowledgements are sent; all by default. */
  acks?: readonly AckType[];
  /** Instead of the default text; several texts are written one by one. */
  ackText?: (type: AckType, fragment: ReceivedFragment) => readonly string[];
  /** An error acknowledgement in place of the fragment's RECEIVED (0 is the first one). */
  errorAt?: { fragment: number; errorId: number; errorCode?: string; end?: boolean };
  /** Ends the answer after so many persisted fragments. */
  endAfter?: number;
  /** Resets the connection when this fragment begins. */
  resetAt?: number;
  /** Resets the connection after so many bytes of the body. */
  resetAfterBytes?: number;
  /** Keeps the answer open after the body's end. */
  keepOpen?: boolean;
};

/** A scripted PutMedia endpoint over real sockets. */
export class PutMediaService implements AsyncDisposable {
  readonly sessions: ReceivedSession[] = [];
  /** Called with the number of each request. */
  behave: (request: number) => Behaviour = () => ({});
  /** Called after anything happened; used by waitFor. */
  onEvent: () => void = () => {};
  readonly #server: Server;
  readonly #isTls: boolean;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(tls?: ServerOptions) {
    const listener = (request: IncomingMessage, response: ServerResponse): void =>
      this.#serve(request, response);
    this.#isTls = tls !== undefined;
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    this.#server.requestTimeout = 0;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  get endpoint(): string {
    return `${this.#isTls ? 'https' : 'http'}://localhost:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Frame numbers of all persisted fragments, in the order they were persisted. */
  get persistedFrames(): number[] {
    return this.sessions.flatMap(({ fragments }) =>
      fragments.filter((fragment) => fragment.isPersisted).flatMap(({ frames }) => frames),
    );
  }

  get problems(): string[] {
    return this.sessions.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, 'localhost', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Takes no new connections; those that are there go on. */
  stopListening(): void {
    this.#server.close();
  }

  /** Kills every connection and stops listening, as a killed process would. */
  async kill(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.kill();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const behaviour = this.behave(this.sessions.length);
    const { socket } = request;
    const session: ReceivedSession = {
      number: this.sessions.length,
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      fragments: [],
      problem: undefined,
      endedWithEofr: false,
      bodyEnded: false,
      closed: false,
      bytes: 0,
      send: (text) => void response.write(text),
      response,
      socket,
    };
    this.sessions.push(session);
    request.on('error', () => {});
    response.on('error', () => {});
    socket.on('close', () => {
      session.closed = true;
      this.onEvent();
    });
    this.onEvent();
    if (behaviour.status !== undefined) {
      response.writeHead(behaviour.status, behaviour.headers);
      response.end(behaviour.body ?? '');
      request.resume();
      return;
    }
    if (behaviour.deaf) {
      request.pause();
      return;
    }
    if (!behaviour.silent) {
      response.writeHead(200, { 'x-amzn-RequestId': `request-${session.number}` });
      response.flushHeaders();
    }
    this.#read(request, session, behaviour);
  }

  #read(request: IncomingMessage, session: ReceivedSession, behaviour: Behaviour): void {
    let open: ReceivedFragment | undefined;
    let began = false;
    let refused = false;
    const ack = (type: AckType, fragment: ReceivedFragment): void => {
      const wanted: readonly AckType[] = behaviour.acks ?? ['BUFFERING', 'RECEIVED', 'PERSISTED'];
      const isAcked = session.headers['x-amzn-fragment-acknowledgment-required'] === '1';
      if (!wanted.includes(type) || behaviour.silent) return;
      if (type === 'PERSISTED') fragment.isPersisted = true;
      if (isAcked) {
        for (const text of behaviour.ackText?.(type, fragment) ?? [
          ackLine(type, fragment.timecode),
        ]) {
          session.response.write(text);
        }
      }
    };
    const close = (): void => {
      const fragment = open;
      open = undefined;
      if (fragment === undefined) return;
      fragment.isWhole = true;
      const error = behaviour.errorAt;
      if (error !== undefined && session.fragments.indexOf(fragment) === error.fragment) {
        session.response.write(errorLine(fragment.timecode, error.errorId, error.errorCode));
        refused = true;
        if (error.end !== false) session.response.end();
        return;
      }
      ack('RECEIVED', fragment);
      ack('PERSISTED', fragment);
      const persisted = session.fragments.filter(({ isPersisted }) => isPersisted).length;
      if (behaviour.endAfter !== undefined && persisted >= behaviour.endAfter) {
        session.response.end();
      }
    };
    const reader = new MatroskaReader({
      ebmlHeader: () => {
        if (began) session.problem = 'a second EBML header';
        began = true;
      },
      clusterStart: (timecode) => {
        close();
        if (refused) return;
        if (behaviour.resetAt === session.fragments.length) {
          session.socket.resetAndDestroy();
          return;
        }
        open = { timecode, frames: [], isWhole: false, isPersisted: false };
        session.endedWithEofr = false;
        session.fragments.push(open);
        ack('BUFFERING', open);
      },
      block: ({ data }) => {
        open?.frames.push(Number.parseInt(Buffer.from(data).toString('latin1'), 10));
      },
      tags: (tags) => {
        if (tags.some(({ name }) => name === TAG.END_OF_FRAGMENT)) {
          session.endedWithEofr = true;
          close();
        }
      },
    });
    request.on('data', (chunk: Buffer) => {
      session.bytes += chunk.byteLength;
      if (refused) return;
      try {
        reader.push(chunk);
        if (!began) session.problem = 'the body does not begin with an EBML header';
      } catch (error) {
        session.problem = String(error);
      }
      if (behaviour.resetAfterBytes !== undefined && session.bytes >= behaviour.resetAfterBytes) {
        session.socket.resetAndDestroy();
      }
      this.onEvent();
    });
    request.on('end', () => {
      session.bodyEnded = true;
      if (refused) return;
      try {
        reader.end();
      } catch (error) {
        session.problem = String(error);
      }
      close();
      if (!behaviour.keepOpen && !behaviour.silent) session.response.end();
      this.onEvent();
    });
  }
}

/** An acknowledgement as the service writes it. */
export function ackLine(type: string, timecode: bigint | number): string {
  return `{"EventType":"${type}","FragmentTimecode":${timecode},"FragmentNumber":"91343852333181432392682062622999999999999999${timecode}"}\r\n`;
}

export function errorLine(timecode: bigint, errorId: number, errorCode = 'ERROR'): string {
  return `{"EventType":"ERROR","FragmentTimecode":${timecode},"FragmentNumber":"9134","ErrorId":${errorId},"ErrorCode":"${errorCode}"}\r\n`;
}
