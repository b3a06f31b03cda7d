/**
 * The floor under the plugin's host: makes the two requests that come before PutMedia, then reads the
 * element's socket and writes one TLS socket, and does nothing else. Nothing is signed, looked at,
 * stored, checked, resent or acknowledged. What it costs above fakesink is what the element, the
 * wake-ups and Node itself cost.
 *
 *   KVS_HOST_SCRIPT=bare-host.js gst-launch-1.0 … ! kvssink
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { type ElementMessageView, ElementReader } from '../../../src/host/wire/element-reader.ts';
import { encodeHostMessage } from '../../../src/host/wire/host-message.ts';
import {
  CREDIT_WINDOW_BYTES,
  ElementMessage,
  FrameFlag,
  HostMessage,
} from '../../../src/host/wire/wire.ts';
import { encodeElements } from '../../../src/matroska/ebml.ts';
import { ebmlHeader } from '../../../src/matroska/header.ts';
import { compileRegExpsLightly } from '../../../src/runtime/light-regexps.ts';

const SEGMENT = Buffer.from('1853806701ffffffffffffff', 'hex');
/** Cluster of unknown size, with a timecode of eight bytes. */
const CLUSTER = Buffer.from('1f43b675ffe788', 'hex');
const BLOCK_HEADER_BYTES = 13;

compileRegExpsLightly();
// As the host does: an interrupt is for the pipeline, and SIGALRM for a node that hangs at its start.
for (const signal of ['SIGINT', 'SIGALRM'] as const) process.on(signal, () => {});

const service = new URL(process.env['CONTROL_PLANE_URI'] ?? '');
const CONTROL_PLANE = { host: 'localhost', port: Number(service.port) };
const ca = readFileSync(process.env['KVSSINK_CA_CERT_PATH'] ?? '');
const agent = new Agent({ keepAlive: true, ca });
const element = new Socket({ fd: 3, allowHalfOpen: true });
let server: TLSSocket;

// One after the other, as the answers of the first two are needed for what follows.
call('/describeStream', () => call('/getDataEndpoint', putMedia));

/** One request to the control plane, whose answer nobody looks at. */
function call(path: string, done: () => void): void {
  const headers = { 'content-type': 'application/json' };
  const outgoing = request({ ...CONTROL_PLANE, path, method: 'POST', headers, agent }, (answer) => {
    answer.resume();
    answer.on('end', done);
  });
  outgoing.end(JSON.stringify({ StreamName: 'bench', APIName: 'PUT_MEDIA' }));
}

function putMedia(): void {
  server = connect({ ...CONTROL_PLANE, ca });
  server.setNoDelay(true);
  server.write(
    `POST /putMedia HTTP/1.1\r\nhost: ${service.host}\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  chunk([encodeElements([ebmlHeader(2)]), SEGMENT]);
  server.on('data', (answer) => {
    // The last chunk of the answer, or a part that ends as it does.
    if (draining === undefined || !answer.includes('\r\n0\r\n')) return;
    element.write(encodeHostMessage(draining, HostMessage.drained));
  });
  element.on('data', (bytes) => reader.push(bytes));
  element.on('close', () => process.exit(0));
  element.on('end', () => process.exit(0));
}

let baseMs: number | undefined;
let clusterMs = 0;
let consumedBytes = 0;
let creditedBytes = 0;
let draining: number | undefined;

const reader = new ElementReader((message) => {
  const { element: number, byteLength } = message;
  if (message.type === ElementMessage.frame) frame(message, () => consumed(number, byteLength));
  else consumed(number, byteLength);
  if (message.type === ElementMessage.ping) element.write(encodeHostMessage(0, HostMessage.pong));
  if (message.type === ElementMessage.drain) {
    draining = message.element;
    server.write('0\r\n\r\n');
  }
});

/** The element may send as much again once the kernel has it: a file does not pile up here. */
function consumed(number: number, byteLength: number): void {
  consumedBytes += byteLength;
  if (consumedBytes - creditedBytes < CREDIT_WINDOW_BYTES / 8) return;
  creditedBytes = consumedBytes;
  element.write(encodeHostMessage(number, HostMessage.credit, consumedBytes));
}

/** One frame, and a cluster in front of a key frame: a chunk of the body. */
function frame(
  { flags, ptsNs, monotonicNs, payload }: ElementMessageView,
  written: () => void,
): void {
  // The reader fills what it lies in anew before TLS takes it.
  const data = Buffer.from(payload);
  const ptsMs = Number(ptsNs ?? 0n) / 1e6;
  const waitedMs = Number(process.hrtime.bigint() - monotonicNs) / 1e6;
  baseMs ??= performance.timeOrigin + performance.now() - waitedMs - ptsMs;
  const timeMs = Math.round(baseMs + ptsMs);
  const block = Buffer.alloc(BLOCK_HEADER_BYTES);
  block[0] = 0xa3;
  block.writeBigUInt64BE(0x0100_0000_0000_0000n + BigInt(data.length + 4), 1);
  block[9] = 0x81;
  if ((flags & FrameFlag.keyFrame) === 0) {
    block.writeInt16BE(timeMs - clusterMs, 10);
    chunk([block, data], written);
    return;
  }
  clusterMs = timeMs;
  block[12] = 0x80;
  const timecode = Buffer.alloc(8);
  timecode.writeBigUInt64BE(BigInt(timeMs));
  chunk([CLUSTER, timecode, block, data], written);
}

function chunk(parts: readonly Uint8Array[], written?: () => void): void {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  server.cork();
  server.write(`${size.toString(16)}\r\n`);
  for (const part of parts) server.write(part);
  server.write('\r\n', written);
  process.nextTick(() => server.uncork());
}
