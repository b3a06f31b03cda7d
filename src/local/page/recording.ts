import { ServiceError } from '../errors/service-error.ts';
import type { StreamFragments } from '../fragments/stream-fragments.ts';
import type { RecordingReport } from '../live/page-reports.ts';
import type { ServiceContext } from '../operations/service-context.ts';
import { masterPlaylistPath } from '../playback/hls/hls-routes.ts';
import type { LocalStream } from '../streams/local-stream.ts';

/** How long a recording that was opened in the page can be watched. */
const SESSION_MS = 12 * 3_600_000;
/** What one session shows of a recording: players fetch a playlist in whole, again and again. */
const WINDOW_MS = 30 * 60_000;
/** Of the newest window, which grows while it is watched. */
const MAX_FRAGMENTS = 5000;

/**
 * An HLS session over what is kept of a stream from a time on. A window that has more behind it is
 * closed, and says where the next one begins; the newest one grows.
 * @param fromMs epoch ms by producer timestamps; undefined for the beginning.
 * @throws ServiceError ResourceNotFoundException when nothing is kept from there on.
 */
export async function openRecording(
  context: ServiceContext,
  stream: LocalStream,
  fromMs: number | undefined,
): Promise<RecordingReport> {
  const { fragments } = stream;
  const startMs = await firstStart(fragments, fromMs);
  if (startMs === undefined) {
    const when = fromMs === undefined ? '' : ` from ${new Date(fromMs).toISOString()} on`;
    throw new ServiceError(
      'ResourceNotFoundException',
      `Nothing of the stream '${stream.record.name}' is stored${when}.`,
    );
  }
  const untilMs = Math.max(fromMs ?? startMs, startMs) + WINDOW_MS;
  const hasMore = fragments.summaries().some(({ producer }) => producer.untilMs > untilMs);
  const session = await context.playback.open(stream, {
    protocol: 'HLS',
    mode: hasMore ? 'ON_DEMAND' : 'GROWING',
    container: 'FRAGMENTED_MP4',
    origin: 'PRODUCER_TIMESTAMP',
    fromMs: startMs,
    untilMs: hasMore ? untilMs : undefined,
    discontinuities: 'ON_DISCONTINUITY',
    displayTimestamps: true,
    displayNumbers: false,
    maxFragments: MAX_FRAGMENTS,
    expiresAtMs: context.clock.nowMs() + SESSION_MS,
  });
  const [first] = session.entries;
  const last = session.entries.at(-1);
  const report = { url: masterPlaylistPath(session), fromMs: first?.startMs ?? startMs };
  if (!hasMore || last === undefined) return report;
  return { ...report, nextMs: last.startMs + last.durationMs };
}

/** Where the first fragment that ends after a time begins. */
async function firstStart(
  fragments: StreamFragments,
  fromMs: number | undefined,
): Promise<number | undefined> {
  const window = fromMs === undefined ? {} : { fromMs };
  for await (const { producerTimestampMs } of fragments.select(window)) return producerTimestampMs;
  return undefined;
}
