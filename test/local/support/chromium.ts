import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium; undefined where it is not installed. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** For a test that cannot run without it. */
export const skipWithoutChromium = chromiumPath === undefined ? 'chromium is not installed' : false;

/** Starts Chromium, which leaves nothing behind once it is closed. */
export async function startChromium(): Promise<{ browser: Browser; close(): Promise<void> }> {
  // Chromium puts its crash reports into the home folder, whatever profile it was given.
  const settings = mkdtempSync(join(tmpdir(), 'kvs-chromium-'));
  const browser = await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    env: { ...process.env, XDG_CONFIG_HOME: settings, XDG_CACHE_HOME: settings },
    args: CHROMIUM_ARGS,
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(settings, { recursive: true, force: true });
    },
  };
}
