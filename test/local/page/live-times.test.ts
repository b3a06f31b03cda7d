import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { skipWithoutChromium as skip } from '../support/chromium.ts';
import { createStream } from '../support/client.ts';
import { frameEnds } from '../support/frame-ends.ts';
import { h264Document } from '../support/media.ts';
import { sharedBrowser, until } from '../support/page.ts';
import { putMedia } from '../support/put-media.ts';
import { retimed } from '../support/retimed.ts';
import { startService } from '../support/service.ts';

const withPage = sharedBrowser();
const START_MS = 1_795_253_000_000;

/** Sends a document and leaves the session open, as a camera that goes on later. */
async function sendAndStay(url: string, document: Buffer): Promise<() => void> {
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  session.request.write(document);
  await session.waitFor((ack) => ack.EventType === 'PERSISTED');
  return () => session.request.destroy();
}

/** A document up to its second cluster, and what follows. */
function firstFragment(document: Buffer): [first: Buffer, rest: Buffer] {
  const first = document.indexOf('1f43b675', 0, 'hex');
  const second = document.indexOf('1f43b675', first + 4, 'hex');
  return [document.subarray(0, second), document.subarray(second)];
}

/** Opens the live view's MP4, which begins with the fragment that is being received. */
function openLive(url: string): Promise<Response> {
  return fetch(`${url}/live/demo.mp4`, { signal: AbortSignal.timeout(20_000) });
}

/** Reads until so many movie fragments came, or none comes any more; returns how many. */
async function movieFragments(answer: Response, wanted: number): Promise<number> {
  let text = '';
  for await (const part of answer.body ?? []) {
    text += Buffer.from(part).toString('latin1');
    if (text.split('moof').length > wanted) break;
  }
  return text.split('moof').length - 1;
}

/** The track fragment header that each frame of the first track has. */
const HEADER_OF_TRACK_1 = `tfhd${Buffer.from([0, 2, 0, 0, 0, 0, 0, 1]).toString('latin1')}`;

/** Presentation times of a live view's sound as ffprobe reads them, and how long each frame lasts. */
async function soundOf(url: string, pictures: number) {
  const answer = await openLive(url);
  const reader = answer.body?.getReader();
  let media = Buffer.alloc(0);
  const isWhole = () => media.toString('latin1').split(HEADER_OF_TRACK_1).length > pictures;
  while (!isWhole()) {
    const { value } = (await reader?.read()) ?? { value: undefined };
    if (value === undefined) break;
    media = Buffer.concat([media, value]);
  }
  await reader?.cancel();
  const probe =
    'ffprobe -v error -select_streams a -show_entries packet=pts,duration -of json -f mp4 -';
  const [command = '', ...args] = probe.split(' ');
  const report = execFileSync(command, args, { input: media });
  type Packets = {
    readonly packets: readonly { readonly pts: number; readonly duration: number }[];
  };
  const { packets } = JSON.parse(report.toString()) as Packets;
  const steps = packets.slice(1).map(({ pts }, i) => pts - (packets[i]?.pts ?? 0));
  return { steps, durations: new Set(packets.map(({ duration }) => duration)) };
}

/** Microseconds of a frame of AAC at 48 kHz: two of three are rounded down. */
const AAC_FRAME_US = 21_333;

test('the sound of a live picture has neither gaps nor overlaps, though Matroska counts milliseconds', async (t) => {
  const { url } = await startService(t);
  const document = h264Document({ frames: 60, gop: 60, audio: true });
  const end = await sendAndStay(
    url,
    retimed(document, (ms) => START_MS + ms),
  );
  const { steps, durations } = await soundOf(url, 60);
  end();
  assert.ok(steps.length > 130, `${steps.length} frames`);
  assert.deepEqual(new Set(steps), new Set([AAC_FRAME_US, AAC_FRAME_US + 1]));
  assert.deepEqual(durations, new Set([AAC_FRAME_US]));
});

test('the sound of a live picture keeps to the times of its producer', async (t) => {
  const { url } = await startService(t);
  const document = h264Document({ frames: 60, gop: 60, audio: true });
  // A second of sound and picture is missing, and what follows has times that run too slowly.
  const end = await sendAndStay(
    url,
    retimed(document, (ms) => START_MS + (ms < 1000 ? ms : 2000 + (ms - 1000) * 0.9)),
  );
  const { steps } = await soundOf(url, 60);
  end();
  const leaps = steps.filter((us) => us > AAC_FRAME_US + 1);
  assert.equal(leaps.length, 1);
  assert.ok(Math.abs((leaps[0] ?? 0) - 1_021_333) < 2000, `${leaps[0]}`);
  const missing = Math.round((2000 * 0.1) / 21.333);
  assert.ok(Math.abs(140 - steps.length - missing) <= 3, `${steps.length} frames`);
});

for (const [name, audio] of [
  ['', false],
  [' with sound', true],
] as const) {
  test(`a live picture${name} goes on after frames that are missing in a group`, {
    skip,
  }, async (t) => {
    const { url } = await startService(t);
    const document = h264Document({ frames: 60, gop: 60, audio });
    const end = await sendAndStay(
      url,
      retimed(document, (ms) => START_MS + ms + (ms > 1000 ? 700 : 0)),
    );
    await withPage(`${url}/#demo`, async (page) => {
      await until(
        page,
        `(() => {
          const { buffered } = document.querySelector('video') ?? { buffered: [] };
          return buffered.length > 0 && buffered.end(buffered.length - 1) - buffered.start(0) > 3.6;
        })()`,
      );
    });
    end();
  });
}

/** A document in parts that end with a frame each. */
function partsByFrame(document: Buffer): Buffer[] {
  return frameEnds(document).map(({ end }, i, all) => document.subarray(all[i - 1]?.end ?? 0, end));
}

/** Tells how long after it went on the picture was put elsewhere, ms; undefined before that. */
const WATCH_JUMP = `(() => {
  const video = document.querySelector('video');
  let playingMs;
  video.addEventListener('playing', () => (playingMs ??= performance.now()));
  video.addEventListener('seeking', () => {
    window.jumpedAfterMs ??= performance.now() - playingMs;
  });
})()`;

test('a live picture that had to wait goes on with the newest frames', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  const document = h264Document({ frames: 600, gop: 20 });
  const parts = partsByFrame(retimed(document, (ms) => START_MS + ms));
  const send = (frames: number): void => {
    session.request.write(Buffer.concat(parts.splice(0, frames)));
  };
  send(20);
  await withPage(`${url}/#demo`, async (page) => {
    // It has a picture, and none to follow.
    await until(page, "document.querySelector('video')?.readyState === 2");
    await page.evaluate(WATCH_JUMP);
    // Four seconds at once, and then a frame at a time.
    send(80);
    while (parts.length > 0 && !(await page.evaluate<boolean>("'jumpedAfterMs' in window"))) {
      send(1);
      await setTimeout(50);
    }
    const jumpedAfterMs = await page.evaluate<number>('window.jumpedAfterMs');
    assert.ok(jumpedAfterMs < 2500, `it was behind for ${jumpedAfterMs} ms`);
  });
  session.request.destroy();
});

test('a live picture leaps over a pause, and no frame lasts as long as that', {
  skip,
}, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  const [first, rest] = firstFragment(
    retimed(
      h264Document({ frames: 21, gop: 20 }),
      (ms, i) => START_MS + ms + (i === 20 ? 5000 : 0),
    ),
  );
  session.request.write(first);
  await withPage(`${url}/#demo`, async (page) => {
    await until(page, "document.querySelector('video')?.buffered.length === 1");
    session.request.write(rest);
    await until(
      page,
      `(() => {
        const { buffered, currentTime } = document.querySelector('video');
        const isApart = buffered.length === 2 && buffered.end(1) - buffered.start(1) < 0.5;
        return isApart && currentTime >= buffered.start(1);
      })()`,
    );
  });
  session.request.destroy();
});

test('two frames of one millisecond do not make a group wait until it is whole', async (t) => {
  const { url } = await startService(t);
  const document = h264Document({ frames: 20, gop: 20 });
  const end = await sendAndStay(
    url,
    retimed(document, (_, i) => START_MS + (i === 5 ? 4 : i) * 50),
  );
  assert.equal(await movieFragments(await openLive(url), 20), 20);
  end();
});

test('after ten groups without B-frames, frames are shown as they arrive again', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  // The third frame of the first group is shown after the fourth one.
  const document = retimed(
    h264Document({ frames: 60, gop: 4 }),
    (_, i) => START_MS + (i === 2 ? 3 : i === 3 ? 2 : i) * 50,
  );
  const [first, rest] = firstFragment(document);
  session.request.write(first);
  await session.waitFor((ack) => ack.EventType === 'BUFFERING');
  const live = await openLive(url);
  session.request.write(rest);
  assert.equal(await movieFragments(live, 3 + 10 + 16), 3 + 10 + 16);
  session.request.destroy();
});
