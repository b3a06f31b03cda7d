import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalService, startLocalService } from '../../../src/local/service.ts';
import { call, createStream } from '../../local/support/client.ts';
import { h264Document } from '../../local/support/media.ts';
import { putDocument } from '../../local/support/put-media.ts';

/** What a player is given. */
export type Packaging = 'HLS in fragmented MP4' | 'HLS in MPEG-TS' | 'DASH';

/** All of them. */
export const PACKAGINGS: readonly Packaging[] = ['HLS in fragmented MP4', 'HLS in MPEG-TS', 'DASH'];

/** Stored streams of three seconds: 60 frames. */
export const STREAMS = {
  plain: {},
  'b-frames': { bFrames: 3 },
  sound: { audio: true, bFrames: 2 },
} as const;

/** A service for all tests of a file, and a folder for what they write. */
export type SharedService = { readonly service: LocalService; readonly folder: string };

/** Starts a service with a stream of each kind under its name; `close` removes what it stored. */
export async function startShared(): Promise<SharedService & { close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-interop-'));
  const service = await startLocalService({ dataDir: join(folder, 'data') });
  for (const [name, options] of Object.entries(STREAMS)) {
    await createStream(service.url, name);
    await putDocument(service.url, name, h264Document(options));
  }
  const close = async (): Promise<void> => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { service, folder, close };
}

/** Opens a session over all of a stream, at once or at its pace, or a live one. */
export async function openSession(
  service: Pick<LocalService, 'url'>,
  StreamName: string,
  packaging: Packaging,
  mode: 'ON_DEMAND' | 'LIVE' | 'LIVE_REPLAY' = 'ON_DEMAND',
): Promise<string> {
  const protocol = packaging === 'DASH' ? 'DASH' : 'HLS';
  const selector = {
    FragmentSelectorType: 'PRODUCER_TIMESTAMP',
    ...(mode === 'LIVE' ? {} : { TimestampRange: { StartTimestamp: 0, EndTimestamp: 3600 } }),
  };
  const { body, status } = await call(service.url, `/get${protocol}StreamingSessionURL`, {
    StreamName,
    PlaybackMode: mode,
    [`${protocol}FragmentSelector`]: selector,
    ...(protocol === 'DASH' ? {} : { DiscontinuityMode: 'ON_DISCONTINUITY' }),
    ...(packaging === 'HLS in MPEG-TS' ? { ContainerFormat: 'MPEG_TS' } : {}),
  });
  assert.equal(status, 200, JSON.stringify(body));
  return String(body[`${protocol}StreamingSessionURL`]);
}
