import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** Calls of the API that a producer makes, by their path. */
export const CALLS = {
  DescribeStream: '/describeStream',
  CreateStream: '/createStream',
  GetDataEndpoint: '/getDataEndpoint',
  PutMedia: '/putMedia',
} as const;
export type Call = keyof typeof CALLS;

/** What becomes of an acknowledgement on its way to the client. */
export type AckRule = (
  ack: Ack,
) => 'pass' | 'lose' | { readonly lateMs: number } | { readonly insteadErrorId: number };
type Ack = {
  readonly EventType: string;
  readonly FragmentTimecode?: number;
  readonly FragmentNumber?: string;
};

const WRONG_BY_MS = 10 * 60_000;
/** Whether a request's time, as `20261129T121500Z`, is another than ours. */
export function isWrongTime(amzDate: string | string[] | undefined): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(amzDate));
  if (parts === null) return false;
  const [, year, month, day, hour, minute, second] = parts.map(Number) as [number, ...number[]];
  const atMs = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  return Math.abs(atMs - Date.now()) > WRONG_BY_MS;
}

/** A service in front of the service, which answers and acknowledges in its place where it is told to. */
export class Front implements AsyncDisposable {
  /** HTTP status that a call is answered with instead of being handed on. */
  readonly refused = new Map<Call, number>();
  ackRule: AckRule = () => 'pass';
  /** Calls and acknowledgements that it did something to, and when it first did. */
  injected = 0;
  injectedMs: number | undefined;
  /** Calls that did not come to an end, for the service was not there. */
  unreached = 0;
  /** Calls and fragments that the service itself refused. */
  rejected = 0;
  /** Calls that were signed by a clock that is wrong. */
  missigned = 0;
  /** Sessions of PutMedia that are open. */
  openSessions = 0;
  readonly #server: Server;
  #target = 0;

  constructor() {
    this.#server = createServer((incoming, response) => this.#handle(incoming, response));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(target: number): Promise<void> {
    this.#target = target;
    await new Promise<void>((resolve) => this.#server.listen(0, 'localhost', resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #handle(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = incoming;
    for (const [call, status] of this.refused) {
      if (CALLS[call] !== url) continue;
      this.#inject();
      incoming.resume();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'out of order' }));
      return;
    }
    if (isWrongTime(headers['x-amz-date'])) this.missigned += 1;
    if (url === CALLS.PutMedia) {
      this.openSessions += 1;
      response.once('close', () => {
        this.openSessions -= 1;
      });
    }
    const outgoing = request(
      { port: this.#target, host: 'localhost', path: url, method, headers },
      (answered) => {
        if ((answered.statusCode ?? 0) >= 400) this.rejected += 1;
        response.writeHead(answered.statusCode ?? 500, answered.headers);
        if (url === CALLS.PutMedia) this.#passAcks(answered, response);
        else answered.pipe(response);
        answered.on('error', () => response.destroy());
      },
    );
    // Whichever end dies, so does the other.
    outgoing.on('error', () => {
      if (!response.destroyed) this.unreached += 1;
      response.destroy();
    });
    incoming.on('error', () => outgoing.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #inject(): void {
    this.injected += 1;
    this.injectedMs ??= Date.now();
  }

  #passAcks(answered: IncomingMessage, response: ServerResponse): void {
    response.flushHeaders();
    let rest = '';
    let hasFailed = false;
    let endAfterMs = 0;
    answered.setEncoding('utf8');
    answered.on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (hasFailed || line === '') continue;
        const ack = JSON.parse(line) as Ack;
        if (ack.EventType === 'ERROR') this.rejected += 1;
        const rule = this.ackRule(ack);
        if (rule !== 'pass') this.#inject();
        if (rule === 'pass') {
          response.write(`${line}\r\n`);
        } else if (rule !== 'lose' && 'lateMs' in rule) {
          // Timers of one duration fire in their order: the answer's end comes behind them.
          endAfterMs = rule.lateMs;
          setTimeout(() => response.writable && response.write(`${line}\r\n`), rule.lateMs);
        } else if (rule !== 'lose') {
          hasFailed = true;
          this.#fail(response, ack, rule.insteadErrorId);
        }
      }
    });
    answered.on('end', () => hasFailed || setTimeout(() => response.end(), endAfterMs));
  }

  /** As KVS refuses a fragment: it ends the answer, and keeps nothing of what is not whole. */
  #fail(response: ServerResponse, ack: Ack, errorId: number): void {
    const { FragmentTimecode, FragmentNumber } = ack;
    const error = {
      EventType: 'ERROR',
      FragmentTimecode,
      FragmentNumber,
      ErrorId: errorId,
      ErrorCode: 'INJECTED',
    };
    response.end(`${JSON.stringify(error)}\r\n`);
  }
}
