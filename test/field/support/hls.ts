import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { LocalService } from '../../../src/local/options.ts';
import { fragmentFiles } from '../../e2e/support/stored.ts';
import { call } from '../../local/support/client.ts';
import { listFragments } from '../../support/list-fragments.ts';
import type { ChromiumPlayer, Played } from './chromium-player.ts';
import { decodedFrames } from './decode.ts';

/** Who plays a stream: what Chromium has no decoder for is ffmpeg's, from the same playlist. */
export type Player = 'chromium' | 'ffmpeg' | 'none';

/** Asserts that a stream's playlist has all of its fragments, and plays to its end. */
export async function assertPlays(
  service: LocalService,
  stream: string,
  player: Player,
): Promise<void> {
  if (player === 'none') return;
  const url = await playlistOf(service, stream);
  const master = await text(url);
  const media = await text(
    new URL(master.split('\n').find((line) => /^[^#]/.test(line)) ?? '', url),
  );
  const listed = media.split('\n').filter((line) => line.startsWith('#EXTINF')).length;
  assert.equal(listed, fragmentFiles(service, stream).length, media);
  if (player === 'ffmpeg') {
    const { lines, stderr } = await decodedFrames(url);
    assert.equal(stderr, '', url);
    assert.ok(lines.length > 0);
  } else {
    await playInChromium(url);
  }
}

/** Asserts that ffmpeg, reading all fragments one after the other, shows every frame of a video. */
export async function assertDecodesTogether(
  service: LocalService,
  stream: string,
  frames: number,
): Promise<void> {
  const { lines, stderr } = await decodedFrames(await playlistOf(service, stream));
  assert.equal(stderr, '');
  assert.equal(lines.length, frames);
}

async function playlistOf(service: LocalService, stream: string): Promise<string> {
  const fragments = await listFragments(service.streams.byName(stream)?.fragments);
  const starts = fragments.map(({ producerTimestampMs }) => producerTimestampMs);
  const { body, errorType } = await call(service.url, '/getHLSStreamingSessionURL', {
    StreamName: stream,
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: {
        StartTimestamp: Math.min(...starts) / 1000,
        EndTimestamp: Math.max(...starts) / 1000 + 1,
      },
    },
    DiscontinuityMode: 'ON_DISCONTINUITY',
    MaxMediaPlaylistFragmentResults: 5000,
  });
  assert.equal(errorType, undefined, JSON.stringify(body));
  return String(body['HLSStreamingSessionURL']);
}

async function text(url: string | URL): Promise<string> {
  return (await fetch(url)).text();
}

/** Address of the player that all files of a run share (player-service.ts). */
const shared = process.env['KVS_TEST_PLAYER'];
/** Without it, one for all tests of a file. */
let own: Promise<ChromiumPlayer> | undefined;
after(async () => (await own)?.close());

async function played(url: string): Promise<Played> {
  if (shared === undefined) {
    // Playwright takes a second to load.
    own ??= import('./chromium-player.ts').then(({ startChromiumPlayer }) => startChromiumPlayer());
    return (await own).play(url);
  }
  const response = await fetch(`${shared}?${new URLSearchParams({ url })}`);
  const body = await response.text();
  assert.equal(response.status, 200, body);
  return JSON.parse(body) as Played;
}

async function playInChromium(url: string): Promise<void> {
  const { error, end, currentTime, duration, ...more } = await played(url);
  const report = JSON.stringify({ error, end, currentTime, duration, ...more });
  assert.equal(error, null, report);
  assert.equal(end, 'ended', report);
  assert.ok(Math.abs(currentTime - duration) < 0.1, report);
}
