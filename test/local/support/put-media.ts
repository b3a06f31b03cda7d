import type { ClientRequest, IncomingMessage } from 'node:http';
import { answerOf, type ClientOptions, open, sign } from './client.ts';

/** An ack as it came over the wire. */
export type WireAck = {
  readonly EventType: string;
  readonly FragmentTimecode?: number;
  readonly FragmentNumber?: string;
  readonly ErrorId?: number;
  readonly ErrorCode?: string;
};

export type PutMediaOptions = ClientOptions & {
  readonly headers?: Record<string, string>;
  /** Signed headers that are left out of the request or changed after signing. */
  readonly tamper?: (headers: Record<string, string>) => void;
};

/** An open PutMedia request. */
export type PutMedia = {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  /** Acks so far. */
  readonly acks: WireAck[];
  /** Resolves with the first ack that satisfies, past ones included; rejects when none comes. */
  waitFor(matches: (ack: WireAck) => boolean): Promise<WireAck>;
  /** Resolves when the answer has ended. */
  readonly ended: Promise<WireAck[]>;
};

/** Starts a PutMedia request; it is open when the answer's headers are there. */
export async function putMedia(
  service: string,
  stream: string,
  options: PutMediaOptions = {},
): Promise<PutMedia> {
  const { request, response } = await beginPutMedia(service, stream, options);
  if (response.statusCode !== 200) throw new Error(`PutMedia answered ${response.statusCode}`);
  const acks: WireAck[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  let text = '';
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };
  response.setEncoding('utf8');
  response.on('data', (part: string) => {
    text += part;
    const lines = text.split('\r\n');
    text = lines.pop() ?? '';
    for (const line of lines) acks.push(JSON.parse(line) as WireAck);
    wake();
  });
  const ended = new Promise<WireAck[]>((resolve) => {
    response.once('close', () => {
      over = true;
      wake();
      resolve(acks);
    });
  });
  response.on('error', () => {});
  return {
    request,
    response,
    acks,
    ended,
    waitFor: (matches) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = acks.find(matches);
          if (found === undefined && !over) return;
          waiting.delete(check);
          if (found !== undefined) resolve(found);
          else reject(new Error(`no such ack among ${JSON.stringify(acks)}`));
        };
        waiting.add(check);
        check();
      }),
  };
}

/** The request and the head of its answer, whatever its status. */
export async function beginPutMedia(
  service: string,
  stream: string,
  options: PutMediaOptions = {},
): Promise<{ request: ClientRequest; response: IncomingMessage }> {
  const url = new URL('/putMedia', service);
  const headers = await sign(
    url,
    {
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
      'x-amzn-stream-name': stream,
      'x-amzn-fragment-timecode-type': 'ABSOLUTE',
      'x-amzn-fragment-acknowledgment-required': '1',
      'x-amzn-producer-start-timestamp': '1795253394.629',
      ...options.headers,
    },
    '',
    options,
  );
  options.tamper?.(headers);
  const request = open(url, headers, options.ca);
  request.on('error', () => {});
  request.flushHeaders();
  return { request, response: await answerOf(request) };
}

/** Sends a whole document and returns every ack. */
export async function putDocument(
  service: string,
  stream: string,
  document: Uint8Array,
  options: PutMediaOptions = {},
): Promise<WireAck[]> {
  const session = await putMedia(service, stream, options);
  session.request.end(document);
  return session.ended;
}
