import type { StreamReport } from '../../../live/page-reports.ts';
import { ago, duration, span, text } from '../parts/page-format.ts';

/** How a stream is, in a word for the eye and a sentence for the reader. */
export type StreamHealth = {
  readonly level: 'good' | 'warn' | 'bad' | 'idle';
  readonly text: string;
};

/** A live stream without a frame for this long is not healthy. */
const SILENT_MS = 5_000;
const HIGH_LATENCY_MS = 5_000;
/** How long an ERROR ack is news, while the stream is live and when it is not. */
const ERROR_IS_NEWS_MS = 60_000;
const ERROR_IS_NEWS_IDLE_MS = 60 * 60_000;

export function streamHealth(stream: StreamReport, nowMs: number): StreamHealth {
  const { status, sessions, lastFrameMs, latencyMs, lastError } = stream;
  if (status !== 'ACTIVE') return { level: 'warn', text: `The stream is ${status}` };
  const errorAgeMs = lastError === undefined ? Number.POSITIVE_INFINITY : nowMs - lastError.atMs;
  if (sessions === 0) {
    const isLast = lastError !== undefined && lastError.atMs >= (lastFrameMs ?? 0);
    if (isLast && errorAgeMs < ERROR_IS_NEWS_IDLE_MS) {
      return { level: 'bad', text: `Ended by error ${lastError.id}, ${ago(errorAgeMs)}` };
    }
    if (lastFrameMs !== undefined) {
      return { level: 'idle', text: `Last frame ${ago(nowMs - lastFrameMs)}` };
    }
    return { level: 'idle', text: 'Nothing is being sent' };
  }
  if (lastFrameMs === undefined) return { level: 'warn', text: 'Connected, no frame yet' };
  const silentMs = nowMs - lastFrameMs;
  if (silentMs > SILENT_MS) return { level: 'warn', text: `No frame for ${text(span(silentMs))}` };
  if (lastError !== undefined && errorAgeMs < ERROR_IS_NEWS_MS) {
    return { level: 'warn', text: `Error ${lastError.id}, ${ago(errorAgeMs)}` };
  }
  if (latencyMs !== undefined && latencyMs > HIGH_LATENCY_MS) {
    return { level: 'warn', text: `${text(duration(latencyMs))} behind the camera` };
  }
  return { level: 'good', text: 'Receiving' };
}
