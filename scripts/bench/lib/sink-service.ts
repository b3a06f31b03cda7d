/**
 * The least that a producer takes for KVS: answers the control plane, acknowledges every fragment
 * at once, verifies nothing. Run as a process of its own, so that its CPU is not the producer's.
 * Prints one JSON line per event on stdout.
 *
 *   node sink-service.js http|https [certificate key]
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { MatroskaReader } from '../../../src/matroska/reader.ts';

const [scheme, certificate, key] = process.argv.slice(2);
const withFrames = process.env['BENCH_FRAMES'] === '1';
let port = 0;

function tell(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Wall clock in ms with a fraction. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Cluster id, unknown size, Timecode id and its size: enough not to be met by chance. */
const CLUSTER = Buffer.from('1f43b675ffe788', 'hex');
const CLUSTER_BYTES = CLUSTER.length + 8;

/** Calls back with each cluster's timecode, without looking at anything else. */
function clusterScanner(onCluster: (timecode: bigint) => void): (chunk: Buffer) => void {
  let tail = Buffer.alloc(0);
  const look = (data: Buffer): void => {
    for (let at = data.indexOf(CLUSTER); at >= 0; at = data.indexOf(CLUSTER, at + 1)) {
      if (at + CLUSTER_BYTES > data.length) return;
      onCluster(data.readBigUInt64BE(at + CLUSTER.length));
    }
  };
  return (chunk) => {
    // One that straddles two chunks is in what is left of the first and the beginning of the second.
    look(Buffer.concat([tail, chunk.subarray(0, CLUSTER_BYTES - 1)]));
    look(chunk);
    tail =
      chunk.length >= CLUSTER_BYTES - 1
        ? Buffer.from(chunk.subarray(chunk.length - CLUSTER_BYTES + 1))
        : Buffer.concat([tail, chunk]).subarray(-(CLUSTER_BYTES - 1));
  };
}

/** Calls back when the last byte of each frame has arrived. */
function frameLatencies(record: (latencyMs: number) => void): (chunk: Buffer) => void {
  let clusterTimecode = 0n;
  const reader = new MatroskaReader({
    clusterStart: (timecode) => {
      clusterTimecode = timecode;
    },
    block: (block) => record(nowMs() - Number(clusterTimecode) - block.relativeTimecode),
  });
  return (chunk) => reader.push(chunk);
}

function putMedia(request: IncomingMessage, response: ServerResponse): void {
  tell({ event: 'putMedia', atMs: nowMs() });
  response.writeHead(200);
  response.flushHeaders();
  const latencies: number[] = [];
  let bytes = 0;
  let previous: bigint | undefined;
  const acknowledge = (type: string, timecode: bigint): void => {
    const ack = `{"EventType":"${type}","FragmentTimecode":${timecode},"FragmentNumber":"${timecode}"}\r\n`;
    response.write(ack);
  };
  const settle = (): void => {
    if (previous === undefined) return;
    acknowledge('RECEIVED', previous);
    acknowledge('PERSISTED', previous);
  };
  const scan = clusterScanner((timecode) => {
    settle();
    previous = timecode;
    acknowledge('BUFFERING', timecode);
  });
  const frames = withFrames ? frameLatencies((ms) => latencies.push(ms)) : undefined;
  request.on('data', (chunk: Buffer) => {
    if (bytes === 0) tell({ event: 'firstByte', atMs: nowMs() });
    bytes += chunk.length;
    scan(chunk);
    frames?.(chunk);
    if (chunk.includes('AWS_KINESISVIDEO_END_OF_FRAGMENT')) {
      settle();
      previous = undefined;
    }
  });
  let hasEnded = false;
  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    settle();
    tell({ event: 'end', atMs: nowMs(), bytes, latencies });
    response.end();
  };
  request.on('end', end);
  // A producer may crash.
  request.on('close', end);
  request.on('error', () => {});
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/putMedia') {
    putMedia(request, response);
    return;
  }
  request.resume();
  request.on('end', () => {
    const streamInfo = {
      StreamName: 'bench',
      StreamARN: 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/bench/1',
      Status: 'ACTIVE',
      Version: '1',
      DataRetentionInHours: 24,
      MediaType: 'video/h264',
    };
    const body = {
      StreamInfo: streamInfo,
      DataEndpoint: `${scheme}://localhost:${port}`,
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
}

const server =
  scheme === 'https' && certificate !== undefined && key !== undefined
    ? createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, answer)
    : createServer(answer);
server.requestTimeout = 0;
server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
  response.writeContinue();
  answer(request, response);
});
server.listen(0, '127.0.0.1', () => {
  port = (server.address() as AddressInfo).port;
  tell({ event: 'listening', port });
});
process.on('disconnect', () => process.exit(0));
