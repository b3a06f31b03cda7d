import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { skipWithoutChromium, startChromium } from './chromium.ts';

/** How a page is opened, and what is done with it. */
export type WithPage = (
  url: string,
  look: (page: Page) => Promise<void>,
  options?: BrowserContextOptions,
) => Promise<void>;

/**
 * One browser for all tests of a file; each page has a profile of its own, and no errors, and asks
 * nobody but the service.
 */
export function sharedBrowser(): WithPage {
  let started: { browser: Browser; close(): Promise<void> } | undefined;
  before(async () => {
    if (skipWithoutChromium === false) started = await startChromium();
  });
  after(() => started?.close());
  return async (url, look, options = {}) => {
    assert.ok(started);
    const context = await started.browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const { origin } = new URL(url);
    page.on('request', (request) => {
      const asked = new URL(request.url());
      if (/^https?:/.test(asked.protocol) && asked.origin !== origin) errors.push(asked.href);
    });
    await page.goto(url);
    await look(page);
    assert.deepEqual(errors, []);
    await context.close();
  };
}

/**
 * Waits until an expression is true in the page. Not Playwright's waitForFunction, which the
 * page's content security policy forbids.
 */
export async function until(page: Page, expression: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > deadline) {
      const text = await page.evaluate<string>('document.body.innerText');
      throw new Error(`never true in the page: ${expression}\n${text.slice(0, 2000)}`);
    }
    await setTimeout(50);
  }
}

/** An expression for what an element shows, as a number per sample point; empty as long as it is not there. */
export function pictureOf(selector: string): string {
  return `(() => {
    const source = document.querySelector(${JSON.stringify(selector)});
    if (source === null) return '';
    const canvas = document.createElement('canvas');
    canvas.width = 64;
    canvas.height = 48;
    const context = canvas.getContext('2d');
    context.drawImage(source, 0, 0, 64, 48);
    return [...context.getImageData(0, 0, 64, 48).data].filter((_, i) => i % 4 === 0).join();
  })()`;
}

export const PLAYING = "document.querySelector('video').readyState >= 3";

/** Waits until the video shows something else than it does now. */
export async function movesOn(page: Page): Promise<void> {
  const picture = pictureOf('video');
  // It may be ready to play a moment before the first picture is there: all of one colour.
  await until(page, `new Set(${picture}.split(',')).size > 1`);
  const before = await page.evaluate<string>(picture);
  const at = await page.evaluate<number>("document.querySelector('video').currentTime");
  await until(page, `document.querySelector('video').currentTime > ${at} + 0.3`);
  assert.notEqual(await page.evaluate<string>(picture), before);
}

/** An expression for the time of the playhead, in seconds since the epoch. */
export const POSITION_S = "Number(document.getElementById('scrubber').ariaValueNow)";

/** An expression that is true when an element's text matches. */
export function says(selector: string, pattern: RegExp): string {
  return `${pattern}.test(document.querySelector(${JSON.stringify(selector)})?.textContent ?? '')`;
}
