import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { KinesisVideoConsumer } from '../../../src/consumer/consumer.ts';
import type { ConsumerOptions } from '../../../src/consumer/consumer-options.ts';

/** A call to a data endpoint. */
export type MediaCall = {
  /** `/getMedia`, … */
  readonly path: string;
  readonly input: Readonly<Record<string, unknown>>;
};

/** Answers a call, or does to its connection what networks do. */
export type MediaHandler = (call: MediaCall, response: ServerResponse) => void;

/** A service on a socket. */
export type MediaServer = { readonly endpoint: string; close(): void };

/** Serves GetDataEndpoint; the rest is the handler's. */
export async function serveMedia(handle: MediaHandler): Promise<MediaServer> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      body += part;
    });
    // A connection that is destroyed on purpose is no error of the test.
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('end', () => {
      const path = request.url ?? '';
      if (path === '/getDataEndpoint') answerJson(response, { DataEndpoint: endpoint });
      else handle({ path, input: JSON.parse(body) }, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** As serveMedia, until the test ends. Returns the address. */
export async function startMediaServer(t: TestContext, handle: MediaHandler): Promise<string> {
  const server = await serveMedia(handle);
  t.after(() => server.close());
  return server.endpoint;
}

/** Answers with JSON; a status other than 200 is a refusal. */
export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** A consumer of that service. */
export function consumerOf(
  t: TestContext,
  endpoint: string,
  options: Partial<ConsumerOptions> = {},
): KinesisVideoConsumer {
  const consumer = new KinesisVideoConsumer({
    streamName: 'camera',
    endpoint,
    region: 'us-west-2',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
    random: () => 0,
    ...options,
  } as ConsumerOptions);
  t.after(() => consumer.close());
  return consumer;
}
