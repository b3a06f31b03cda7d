import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { skipWithoutChromium as skip, startChromium } from '../support/chromium.ts';
import { createStream } from '../support/client.ts';
import { liveProducer } from '../support/live-producer.ts';
import { h264Document, h265Document } from '../support/media.ts';
import { putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

async function withPage(url: string, look: (page: Page) => Promise<void>): Promise<void> {
  const { browser, close } = await startChromium();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(30_000);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    await look(page);
    assert.deepEqual(errors, []);
  } finally {
    await close();
  }
}

/** An expression for the picture on the screen, as a number per sample point. */
const PICTURE = `(() => {
  const video = document.querySelector('video');
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 48;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 64, 48);
  return [...context.getImageData(0, 0, 64, 48).data].filter((_, i) => i % 4 === 0).join();
})()`;
function picture(page: Page): Promise<string> {
  return page.evaluate(PICTURE);
}

/**
 * Waits until an expression is true in the page. Not Playwright's waitForFunction, which the
 * page's content security policy forbids.
 */
async function until(page: Page, expression: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > deadline) throw new Error(`never true in the page: ${expression}`);
    await setTimeout(50);
  }
}

const playing = "document.querySelector('video').readyState >= 3";

/** Waits until the video shows something else than it does now. */
async function movesOn(page: Page): Promise<void> {
  // It may be ready to play a moment before the first picture is there: all of one colour.
  await until(page, `new Set(${PICTURE}.split(',')).size > 1`);
  const before = await picture(page);
  const at = await page.evaluate<number>("document.querySelector('video').currentTime");
  await until(page, `document.querySelector('video').currentTime > ${at} + 0.3`);
  assert.notEqual(await picture(page), before);
}

for (const [name, encoder] of [
  ['', undefined],
  [' with B-frames', 'x264enc bframes=2 speed-preset=ultrafast key-int-max=30'],
] as const) {
  test(`a live stream${name} is shown moving, with its numbers`, { skip }, async (t) => {
    const { url } = await startService(t);
    await createStream(url, 'demo');
    const producer = await liveProducer(t, url, 'demo', encoder);
    await withPage(`${url}/#demo`, async (page) => {
      await until(page, playing);
      await movesOn(page);
      assert.equal(await page.textContent('#stream-name'), 'demo');
      assert.equal(await page.textContent('#badge'), 'Live');
      await until(page, "parseFloat(document.getElementById('fps').textContent) > 5");
      await until(page, "parseInt(document.getElementById('stored').textContent) > 0");
      await until(page, "document.querySelectorAll('#fragment-bars li').length > 0");
      assert.match((await page.textContent('#facts')) ?? '', /H\.264 320 × 240/);
      await producer.stop();
      await until(page, "document.getElementById('badge').textContent === 'Idle'");
    });
  });
}

test('a recording is played with hls.js', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  await withPage(url, async (page) => {
    await page.click('#mode-recording');
    await until(page, playing);
    await movesOn(page);
    const duration = await page.evaluate<number>("document.querySelector('video').duration");
    assert.ok(Math.abs(duration - 3) < 0.2, `3 s, not ${duration}`);
  });
});

test('a stream that the browser cannot play says so, by its codec', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  session.request.write(h265Document());
  await withPage(`${url}/#demo`, async (page) => {
    await until(page, "/cannot play hvc1/.test(document.getElementById('notice').innerText)");
    assert.match((await page.textContent('#facts')) ?? '', /H\.265/);
  });
  session.request.destroy();
});

test('without streams the page says how to send one, and shows it when it comes', {
  skip,
}, async (t) => {
  const { url } = await startService(t);
  await withPage(`${url}/#later`, async (page) => {
    await page.waitForSelector('#empty:not([hidden])');
    assert.match((await page.textContent('#empty-title')) ?? '', /later/);
    await until(
      page,
      `document.getElementById('command').textContent.includes('CONTROL_PLANE_URI=${url}')`,
    );
    await createStream(url, 'later');
    await page.waitForSelector('#stage:not([hidden])');
    assert.equal(await page.textContent('#stream-name'), 'later');
  });
});
