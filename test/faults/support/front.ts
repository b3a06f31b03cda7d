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
export type AckRule = (ack: Ack) => 'pass' | 'lose' | { readonly insteadErrorId: number };
type Ack = {
  readonly EventType: string;
  readonly FragmentTimecode?: number;
  readonly FragmentNumber?: string;
};

/** A service in front of the service, which answers and acknowledges in its place where it is told to. */
export class Front implements AsyncDisposable {
  /** HTTP status that a call is answered with instead of being handed on. */
  readonly refused = new Map<Call, number>();
  ackRule: AckRule = () => 'pass';
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
      incoming.resume();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'out of order' }));
      return;
    }
    const outgoing = request(
      { port: this.#target, host: 'localhost', path: url, method, headers },
      (answered) => {
        response.writeHead(answered.statusCode ?? 500, answered.headers);
        if (url === CALLS.PutMedia) this.#passAcks(answered, response);
        else answered.pipe(response);
        answered.on('error', () => response.destroy());
      },
    );
    // Whichever end dies, so does the other.
    outgoing.on('error', () => response.destroy());
    incoming.on('error', () => outgoing.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #passAcks(answered: IncomingMessage, response: ServerResponse): void {
    response.flushHeaders();
    let rest = '';
    let hasFailed = false;
    answered.setEncoding('utf8');
    answered.on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (hasFailed || line === '') continue;
        const ack = JSON.parse(line) as Ack;
        const rule = this.ackRule(ack);
        if (rule === 'pass') {
          response.write(`${line}\r\n`);
        } else if (rule !== 'lose') {
          hasFailed = true;
          this.#fail(response, ack, rule.insteadErrorId);
        }
      }
    });
    answered.on('end', () => hasFailed || response.end());
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
