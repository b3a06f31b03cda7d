import { KvsError } from '../../errors/kvs-error.ts';
import { printable } from '../../errors/printable.ts';
import type { ConnectionState, FragmentAck } from '../../putmedia/uploader-api.ts';
import type { StreamMetrics } from '../stream/stream-metrics.ts';
import type { StreamPortEvents } from '../stream/stream-port.ts';
import {
  formatStructure,
  type GstFields,
  type GstValue,
  gstBoolean,
  gstDouble,
  gstInt,
  gstString,
  gstUint,
  gstUint64,
} from './gst-structure.ts';
import { pipelineAdvice } from './pipeline-advice.ts';
import { inPropertyNames } from './property-names.ts';

/** GStreamer's error domains by the name of their quark. */
export type BusDomain =
  | 'gst-core-error-quark'
  | 'gst-library-error-quark'
  | 'gst-resource-error-quark'
  | 'gst-stream-error-quark';

/** A domain and a code in it. */
export type BusCode = { readonly domain: BusDomain; readonly code: number };

/** GST_LIBRARY_ERROR_INIT: the stream could not be set up (upstream's code for it). */
export const LIBRARY_INIT: BusCode = { domain: 'gst-library-error-quark', code: 3 };
/** GST_STREAM_ERROR_FAILED: the stream broke while it ran (upstream's code for it). */
export const STREAM_FAILED: BusCode = { domain: 'gst-stream-error-quark', code: 1 };
/** GST_STREAM_ERROR_FORMAT: a track that joined carries what cannot be stored. */
export const STREAM_FORMAT: BusCode = { domain: 'gst-stream-error-quark', code: 11 };
/** GST_RESOURCE_ERROR_WRITE: a frame could not be put (upstream's code for it). */
export const RESOURCE_WRITE: BusCode = { domain: 'gst-resource-error-quark', code: 10 };

/** GST_CORE_ERROR_CLOCK: something is wrong with times, of the source or of the machine. */
export const CORE_CLOCK: BusCode = { domain: 'gst-core-error-quark', code: 13 };

/** Upstream's FRAGMENT_ACK_TYPE by the service's words. */
const ACK_TYPES = { BUFFERING: 1, RECEIVED: 2, PERSISTED: 3, ERROR: 4, IDLE: 5 } as const;
const RESULT_OK = 200;

/** kvs-error: what an ERROR or WARNING on the bus says. */
export function errorStructure(
  bus: BusCode,
  error: KvsError,
  options: { prefix?: string; signal?: boolean } = {},
): string {
  return formatStructure('kvs-error', {
    domain: gstString(bus.domain),
    code: gstInt(bus.code),
    text: gstString(sentences(inPropertyNames(error.message), pipelineAdvice(error))),
    debug: gstString(printable(inPropertyNames(debugText(error, options.prefix)))),
    status: gstUint(error.status),
    signal: options.signal ? gstBoolean(true) : undefined,
  });
}

/** A text of the service's. */
function gstPrintable(text: string) {
  return gstString(printable(text));
}

/** What happened, and what to do. */
function sentences(message: string, advice: string): string {
  if (advice === '') return message;
  return /[.!?]$/.test(message) ? `${message} ${advice}` : `${message}. ${advice}`;
}

/** What an error's `describe` says, in the pipeline's words. */
function reasonText(error: KvsError): string {
  const advice = pipelineAdvice(error);
  return new KvsError(error.code, inPropertyNames(error.message), { advice }).describe();
}

/** Upstream's wording with the status, then the causes underneath. */
function debugText(error: KvsError, prefix: string | undefined): string {
  const status = `Status: 0x${error.status.toString(16).padStart(8, '0')}`;
  let text = `${prefix ?? error.message} ${status} (${error.code})`;
  let cause: unknown = error.cause;
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    text += `\ncaused by: ${cause.name}: ${cause.message}`;
    cause = cause.cause;
  }
  return text;
}

/** kvs-stream-ready. */
export function readyStructure(stream: string, streamArn: string): string {
  return formatStructure('kvs-stream-ready', {
    stream: gstString(stream),
    'stream-arn': gstString(streamArn),
  });
}

/** kvs-connection. */
export function connectionStructure(stream: string, state: ConnectionState): string {
  return formatStructure('kvs-connection', {
    stream: gstString(stream),
    state: gstString(state.kind),
    ...connectionFields(state),
  });
}

function connectionFields(state: ConnectionState): GstFields {
  switch (state.kind) {
    case 'connecting':
      return { attempt: gstUint(state.attempt) };
    case 'streaming':
      return { session: gstUint(state.session), endpoint: gstString(state.endpoint) };
    case 'reconnecting':
      return {
        attempt: gstUint(state.attempt),
        reason: gstString(reasonText(state.reason)),
        status: gstUint(state.reason.status),
        'next-try-ms': gstUint(state.nextTryInMs),
      };
    case 'failed':
      return {
        reason: gstString(reasonText(state.reason)),
        status: gstUint(state.reason.status),
      };
    case 'idle':
    case 'closed':
      return {};
  }
}

/** kvs-fragment-ack. */
export function ackStructure(
  stream: string,
  ack: FragmentAck,
  info: { session: number; latencyMs: number | undefined },
): string {
  const { timecode, fragmentNumber, errorId, errorCode } = ack;
  return formatStructure('kvs-fragment-ack', {
    stream: gstString(stream),
    type: gstString(ack.type.toLowerCase()),
    'ack-type': gstInt(ACK_TYPES[ack.type]),
    timestamp: when(timecode, gstUint64),
    'fragment-number': when(fragmentNumber, gstPrintable),
    result: gstUint(errorId ?? RESULT_OK),
    'error-id': when(errorId, gstUint),
    'error-code': when(errorCode, gstPrintable),
    session: gstUint(info.session),
    'latency-ms': when(info.latencyMs, gstDouble),
  });
}

/** kvs-dropped-frames or kvs-dropped-fragment. */
export function droppedStructure(
  stream: string,
  what: 'frames' | 'fragment',
  drop: { frames: number; ptsNs: bigint | undefined; reason: string },
): string {
  return formatStructure(`kvs-dropped-${what}`, {
    stream: gstString(stream),
    frames: gstUint(drop.frames),
    'pts-ns': when(drop.ptsNs, gstUint64),
    reason: gstString(drop.reason),
  });
}

/** kvs-pressure. */
export function pressureStructure(
  stream: string,
  pressure: Parameters<StreamPortEvents['pressure']>[0],
): string {
  return formatStructure('kvs-pressure', {
    stream: gstString(stream),
    kind: gstString(pressure.kind),
    remaining: when(pressure.remaining, gstUint64),
    'duration-ns': when(pressure.durationNs, gstUint64),
  });
}

/** kvs-bitrate-advice. */
export function bitrateStructure(
  stream: string,
  advice: Parameters<StreamPortEvents['bitrateAdvice']>[0],
): string {
  return formatStructure('kvs-bitrate-advice', {
    stream: gstString(stream),
    reason: gstString(advice.reason),
    bitrate: gstUint64(BigInt(advice.bitsPerSecond)),
    'stream-bitrate': gstUint64(BigInt(advice.streamBitsPerSecond)),
    'acknowledged-bitrate': when(advice.acknowledgedBitsPerSecond, (bps) => gstUint64(BigInt(bps))),
    'behind-ns': gstUint64(BigInt(Math.round(advice.behindMs)) * 1_000_000n),
  });
}

/** kvs-spool. */
export function spoolStructure(
  stream: string,
  status: Parameters<StreamPortEvents['spool']>[0],
): string {
  const { oldestNs, timeToGoMs } = status;
  return formatStructure('kvs-spool', {
    stream: gstString(stream),
    state: gstString(status.state),
    fragments: gstUint(status.fragments),
    frames: gstUint64(status.frames),
    bytes: gstUint64(status.bytes),
    'duration-ns': gstUint64(status.durationNs),
    'oldest-ns': when(oldestNs, gstUint64),
    'time-to-go-ms': when(timeToGoMs, gstUint64),
    sent: gstUint64(status.sent),
    dropped: gstUint64(status.dropped),
    damaged: gstUint64(status.damaged),
    folder: gstString(status.folder),
  });
}

/** kvs-stream-closed. */
export function closedStructure(stream: string): string {
  return formatStructure('kvs-stream-closed', { stream: gstString(stream) });
}

/** kvs-metrics; with the frame it was made for when `get-kvs-metrics` asks for that. */
export function metricsStructure(
  stream: string,
  metrics: StreamMetrics,
  frame?: { ptsNs: bigint; first: boolean },
): string {
  const fields: Record<string, GstValue> = { stream: gstString(stream) };
  const { counts, rates } = metrics;
  for (const name in counts) fields[name] = gstUint64(counts[name] ?? 0);
  for (const name in rates) fields[name] = gstDouble(rates[name] ?? 0);
  if (frame !== undefined) {
    fields['frame-pts-ns'] = gstUint64(frame.ptsNs);
    fields['on-first-frame'] = gstBoolean(frame.first);
  }
  return formatStructure('kvs-metrics', fields);
}

function when<Value>(
  value: Value | undefined,
  make: (value: Value) => GstValue,
): GstValue | undefined {
  return value === undefined ? undefined : make(value);
}
