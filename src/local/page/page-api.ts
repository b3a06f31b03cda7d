import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';
import { ServiceError } from '../errors/service-error.ts';
import { sendJson } from '../http/reply.ts';
import { sendEvents } from '../live/event-stream.ts';
import { fragmentDetail, readFragmentFile } from '../live/fragment-detail.ts';
import { keyFrameMp4 } from '../live/key-frame.ts';
import type { Meters } from '../live/meters.ts';
import type { ServiceReport } from '../live/page-reports.ts';
import { readTimeline } from '../live/read-timeline.ts';
import type { ServiceContext } from '../operations/service-context.ts';
import { LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY } from '../sigv4/credential-store.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import { openRecording } from './recording.ts';

/** Points of a timeline, if it is not said how many; and how many there may be. */
const TIMELINE_POINTS = 300;
const MAX_TIMELINE_POINTS = 2000;

/** What an answer is made of. */
type PageCall = {
  readonly context: ServiceContext;
  readonly meters: Meters;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
};

/** What the page asks for beside its files, by path; all with GET. */
export const PAGE_API: ReadonlyMap<string, (call: PageCall) => void | Promise<void>> = new Map([
  ['/api/streams', streams],
  ['/api/stream', stream],
  ['/api/events', events],
  ['/api/service', service],
  ['/api/recording', recording],
  ['/api/timeline', timeline],
  ['/api/fragment', fragment],
  ['/api/fragment.mkv', fragmentFile],
  ['/api/key-frame.mp4', keyFrame],
]);

function streams({ meters, response }: PageCall): void {
  sendJson(response, 200, { streams: meters.reportWithRecent() });
}

/** All that is known of one stream: its figures, its tags, and where there is media of it. */
function stream(call: PageCall): void {
  const { meters, query, response } = call;
  const { record, fragments } = streamOf(call);
  const [fromMs, untilMs] = [numberOf(query, 'from'), numberOf(query, 'until')];
  const parts = fragments.summaries({
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
  });
  const report = meters.report().find(({ name }) => name === record.name);
  sendJson(response, 200, { ...report, tags: record.tags, parts });
}

/** The stream that is looked at need not be there yet. */
function events({ context, meters, query, response }: PageCall): void {
  const name = query.get('stream');
  const find = () => (name === null ? undefined : context.streams.byName(name));
  sendEvents(response, meters, find, context.clock);
}

function service({ context, response }: PageCall): void {
  const report: ServiceReport = { version: packageVersion(), localKey: localKey(context) };
  sendJson(response, 200, report);
}

async function recording(call: PageCall): Promise<void> {
  const { context, query, response } = call;
  sendJson(response, 200, await openRecording(context, streamOf(call), numberOf(query, 'from')));
}

async function timeline(call: PageCall): Promise<void> {
  const { query, response } = call;
  const fromMs = numberOf(query, 'from') ?? 0;
  const untilMs = numberOf(query, 'until') ?? call.context.clock.nowMs();
  if (untilMs <= fromMs) throw invalid('"until" must be later than "from".');
  const points = Math.round(numberOf(query, 'points') ?? TIMELINE_POINTS);
  if (points < 1 || points > MAX_TIMELINE_POINTS) {
    throw invalid(`"points" must be from 1 to ${MAX_TIMELINE_POINTS}.`);
  }
  const { fragments } = streamOf(call);
  sendJson(response, 200, await readTimeline(fragments, { fromMs, untilMs, points }));
}

async function fragment(call: PageCall): Promise<void> {
  const number = call.query.get('number') ?? '';
  sendJson(call.response, 200, await fragmentDetail(streamOf(call), number));
}

async function fragmentFile(call: PageCall): Promise<void> {
  const number = call.query.get('number') ?? '';
  const stream = streamOf(call);
  const file = await readFragmentFile(stream, number);
  const name = `${stream.record.name}-${number}.mkv`;
  sendMedia(call.response, 'video/x-matroska', file, {
    'content-disposition': `attachment; filename="${name}"`,
  });
}

async function keyFrame(call: PageCall): Promise<void> {
  const file = await keyFrameMp4(streamOf(call), numberOf(call.query, 'at'));
  sendMedia(call.response, 'video/mp4', file);
}

function sendMedia(
  response: ServerResponse,
  type: string,
  bytes: Buffer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(bytes);
}

/** @throws ServiceError ResourceNotFoundException when there is no such stream. */
function streamOf({ context, query }: PageCall): LocalStream {
  return context.streams.find({ StreamName: query.get('stream') ?? '' });
}

/** The last moment that a Date can hold. */
const MAX_DATE_MS = 8.64e15;

/** @throws ServiceError InvalidArgumentException for what is no number, or beyond all times. */
function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const number = Number(text);
  if (text !== '' && number >= 0 && number <= MAX_DATE_MS) return number;
  throw invalid(`"${name}" must be a number, not "${text.slice(0, 100)}".`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}

/** The well-known key, where the service takes it; no other is ever shown. */
function localKey({ verifier }: ServiceContext): ServiceReport['localKey'] {
  const known = verifier.credentials.get(LOCAL_ACCESS_KEY_ID)?.secretAccessKey;
  if (known !== LOCAL_SECRET_ACCESS_KEY) return null;
  return { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: LOCAL_SECRET_ACCESS_KEY };
}

function packageVersion(): string {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}
