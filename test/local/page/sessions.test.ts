import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { skipWithoutChromium as skip } from '../support/chromium.ts';
import { createStream } from '../support/client.ts';
import { POSITION_S, sharedBrowser, until } from '../support/page.ts';
import { putDocument } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

const START_S = 1_795_253_000;

/** A session of the test: how many seconds, of what. */
type Part = {
  readonly seconds: number;
  readonly size?: string;
  readonly audio?: boolean;
  readonly video?: boolean;
  /** How much later than the video the audio begins. */
  readonly audioDelay?: number;
};

function document({
  seconds,
  size = '160x120',
  audio = false,
  video = true,
  audioDelay = 0,
}: Part): Buffer {
  const args = [
    '-v error -nostdin',
    video ? `-f lavfi -i testsrc2=size=${size}:rate=20:duration=${seconds}` : '',
    audio
      ? `-itsoffset ${audioDelay} -f lavfi -i sine=sample_rate=48000:duration=${seconds - audioDelay}`
      : '',
    '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1 -g 40 -sc_threshold 0 -bf 0',
    '-c:a aac -ac 2 -cluster_time_limit 60000 -cluster_size_limit 50000000',
    '-flags +global_header -f matroska -',
  ];
  const words = args.join(' ').split(' ');
  return execFileSync(
    'ffmpeg',
    words.filter((word) => word !== ''),
    { maxBuffer: 64 * 1024 * 1024 },
  );
}

/** Sends sessions one after the other, each where the one before ended. */
async function send(service: string, parts: readonly Part[], afterSeconds = 0): Promise<void> {
  let start = START_S + afterSeconds;
  for (const part of parts) {
    const acks = await putDocument(service, 'demo', document(part), {
      headers: {
        'x-amzn-fragment-timecode-type': 'RELATIVE',
        'x-amzn-producer-start-timestamp': String(start),
      },
    });
    assert.ok(!acks.some((ack) => ack.EventType === 'ERROR'), JSON.stringify(acks));
    start += part.seconds;
  }
}

const withPage = sharedBrowser();

/** Waits until the picture of this time, in seconds from the beginning, is on the screen. */
async function reaches(page: Page, seconds: number): Promise<void> {
  await until(page, `${POSITION_S} >= ${START_S + Math.floor(seconds)}`);
}

const situations: [name: string, parts: readonly Part[]][] = [
  ['audio joins with a second session', [{ seconds: 4 }, { seconds: 4, audio: true }]],
  ['audio leaves with a second session', [{ seconds: 4, audio: true }, { seconds: 4 }]],
  [
    'the picture changes its size',
    [
      { seconds: 4, audio: true },
      { seconds: 4, audio: true, size: '320x240' },
    ],
  ],
  ['audio begins seconds later than the video', [{ seconds: 6, audio: true, audioDelay: 1.5 }]],
  [
    'audio comes, goes and comes again',
    [{ seconds: 2 }, { seconds: 2, audio: true }, { seconds: 2 }, { seconds: 2, audio: true }],
  ],
];

// They play in real time, side by side.
describe('a recording', { concurrency: 3 }, () => {
  for (const [name, parts] of situations) {
    it(`in which ${name} is played to its end`, { skip }, async (t) => {
      const { url } = await startService(t);
      await createStream(url, 'demo');
      await send(url, parts);
      const seconds = parts.reduce((sum, part) => sum + part.seconds, 0);
      await withPage(`${url}/#demo`, async (page) => {
        await page.click('#mode-recording');
        await reaches(page, seconds - 0.5);
      });
    });
  }

  it('that is being watched is played on when audio joins', { skip }, async (t) => {
    const { url } = await startService(t);
    await createStream(url, 'demo');
    await send(url, [{ seconds: 4 }]);
    await withPage(`${url}/#demo`, async (page) => {
      await page.click('#mode-recording');
      await reaches(page, 2);
      await send(url, [{ seconds: 4, audio: true }], 4);
      await reaches(page, 7.5);
    });
  });
});
