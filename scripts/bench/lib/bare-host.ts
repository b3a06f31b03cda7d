/**
 * The floor under the plugin's host: makes the two requests that come before PutMedia, then reads the
 * element's socket and copies each frame into the body of one request, and does nothing else.
 * Nothing is signed, looked at, stored, checked, resent or acknowledged. What it costs above
 * fakesink is what the element, the wake-ups and Node itself cost.
 *
 *   KVS_HOST_SCRIPT=bare-host.js gst-launch-1.0 … ! kvssink
 *
 * With BENCH_HOST_DUTIES=1 it also does what no producer can leave out, in the fewest steps: it walks
 * the NAL units of each frame, keeps the frames until they are persisted and sends them from there,
 * and tells the element of each acknowledgement and of what is settled. Still nothing is signed,
 * checked, ordered, resent or measured.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
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
import { ChunkedBody } from '../../../src/putmedia/session/chunked-body.ts';
import { compileRegExpsLightly } from '../../../src/runtime/light-regexps.ts';

const SEGMENT = Buffer.from('1853806701ffffffffffffff', 'hex');
/** Cluster of unknown size, with a timecode of eight bytes. */
const CLUSTER = Buffer.from('1f43b675ffe788', 'hex');
/** A simple block of known size, and a cluster with its timecode in front of it. */
const block = Buffer.alloc(13);
const cluster = Buffer.concat([CLUSTER, Buffer.alloc(8)]);
const READ_BUFFER_BYTES = 1024 * 1024;

compileRegExpsLightly();
// As the host does: an interrupt is for the pipeline, and SIGALRM for a node that hangs at its start.
for (const signal of ['SIGINT', 'SIGALRM'] as const) process.on(signal, () => {});

const service = new URL(process.env['CONTROL_PLANE_URI'] ?? '');
const CONTROL_PLANE = { host: 'localhost', port: Number(service.port) };
const ca = readFileSync(process.env['KVSSINK_CA_CERT_PATH'] ?? '');
const agent = new Agent({ keepAlive: true, ca });
let element: Socket;
let body: ChunkedBody;
const hasDuties = process.env['BENCH_HOST_DUTIES'] === '1';

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
  const outgoing = request({ ...CONTROL_PLANE, path: '/putMedia', method: 'POST', agent });
  outgoing.setNoDelay(true);
  outgoing.on('response', (answer) => {
    if (hasDuties) answer.setEncoding('latin1').on('data', takeAcks);
    else answer.resume();
    answer.on('end', () => {
      if (draining !== undefined) element.write(encodeHostMessage(draining, HostMessage.drained));
    });
  });
  body = new ChunkedBody(outgoing, { connected: () => {}, taken: credit });
  body.begin(Buffer.concat([encodeElements([ebmlHeader(2)]), SEGMENT]));
  readElement();
}

function readElement(): void {
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  const callback = (length: number): boolean => {
    reader.push(buffer.subarray(0, length));
    return true;
  };
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd: 3,
    readable: true,
    writable: true,
    allowHalfOpen: true,
    onread: { buffer, callback },
  };
  element = new Socket(options);
  element.on('close', () => process.exit(0));
  element.on('end', () => process.exit(0));
  element.resume();
}

let baseMs: number | undefined;
let clusterMs = 0;
let number = 0;
let consumedBytes = 0;
let creditedBytes = 0;
let draining: number | undefined;

const reader = new ElementReader((message) => {
  number = message.element;
  consumedBytes += message.byteLength;
  message.read();
  if (message.type === ElementMessage.frame) frame(message);
  if (message.type === ElementMessage.ping) element.write(encodeHostMessage(0, HostMessage.pong));
  if (message.type === ElementMessage.drain) {
    draining = message.element;
    body.end();
  }
});

/** The element may send as much again once the kernel has it: a file does not pile up here. */
function credit(): void {
  const takenBytes = consumedBytes - body.queuedBytes;
  if (takenBytes - creditedBytes < CREDIT_WINDOW_BYTES / 8) return;
  creditedBytes = takenBytes;
  element.write(encodeHostMessage(number, HostMessage.credit, takenBytes));
}

/** One frame, and a cluster in front of a key frame. */
function frame(message: ElementMessageView): void {
  const { flags, ptsNs, monotonicNs, payload } = message;
  const ptsMs = Number(ptsNs ?? 0n) / 1e6;
  const waitedMs = Number(process.hrtime.bigint() - monotonicNs) / 1e6;
  baseMs ??= performance.timeOrigin + performance.now() - waitedMs - ptsMs;
  const timeMs = Math.round(baseMs + ptsMs);
  const isKeyFrame = (flags & FrameFlag.keyFrame) !== 0;
  if (isKeyFrame) {
    clusterMs = timeMs;
    cluster.writeBigUInt64BE(BigInt(timeMs), CLUSTER.length);
    body.append(cluster);
  }
  block[0] = 0xa3;
  block.writeBigUInt64BE(0x0100_0000_0000_0000n + BigInt(payload.length + 4), 1);
  block[9] = 0x81;
  block.writeInt16BE(timeMs - clusterMs, 10);
  block[12] = isKeyFrame ? 0x80 : 0;
  body.append(block);
  if (!hasDuties) body.append(payload);
  else keep(payload, isKeyFrame ? timeMs : undefined, consumedBytes - message.byteLength);
}

/** Small, so that it is soon in memory and stays there; a file is a few MiB ahead of what is persisted. */
const STORE_BYTES = 32 * 1024 * 1024;
const store = hasDuties ? Buffer.allocUnsafeSlow(STORE_BYTES) : Buffer.alloc(0);
/** Fragments that are not persisted: the cluster's time, and where its first frame lies. */
const held: { timeMs: number; elementBytes: number; storedBytes: number }[] = [];
let storedBytes = 0;

/** Copies a frame into the store, a ring as upstream's is, and sends it from there. */
function keep(payload: Uint8Array, beginsMs: number | undefined, elementBytes: number): void {
  checkNals(payload);
  if (beginsMs !== undefined) held.push({ timeMs: beginsMs, elementBytes, storedBytes });
  let at = storedBytes % STORE_BYTES;
  if (at + payload.length > STORE_BYTES) {
    storedBytes += STORE_BYTES - at;
    at = 0;
  }
  if (storedBytes + payload.length - (held[0]?.storedBytes ?? 0) > STORE_BYTES) {
    throw new Error('The store is full');
  }
  store.set(payload, at);
  storedBytes += payload.length;
  body.append(store.subarray(at, at + payload.length));
}

/** Walks the NAL units of an access unit with lengths of four bytes. */
function checkNals(payload: Uint8Array): void {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  let at = 0;
  while (at + 5 <= payload.length) {
    if ((view.getUint8(at + 4) & 0x80) !== 0) throw new Error(`No NAL unit at ${at}`);
    at += 4 + view.getUint32(at);
  }
  if (at !== payload.length) throw new Error(`A NAL unit ends at ${at} of ${payload.length}`);
}

let unread = '';

/** An acknowledgement a line, as the service of the benchmarks writes them. */
function takeAcks(text: string): void {
  const lines = (unread + text).split('\r\n');
  unread = lines.pop() ?? '';
  const messages = lines.flatMap((line) => {
    const ack = JSON.parse(line) as { EventType: string; FragmentTimecode: number };
    const type = ack.EventType.toLowerCase();
    const structure = `kvs-fragment-ack, stream=(string)bench, type=(string)${type}, timestamp=(guint64)${ack.FragmentTimecode};`;
    const told = encodeHostMessage(number, HostMessage.ack, 0, structure);
    if (type !== 'persisted') return [told];
    while ((held[0]?.timeMs ?? Infinity) <= ack.FragmentTimecode) held.shift();
    const from = held[0]?.elementBytes ?? consumedBytes;
    return [told, encodeHostMessage(number, HostMessage.settled, from)];
  });
  if (messages.length > 0) element.write(Buffer.concat(messages));
}
