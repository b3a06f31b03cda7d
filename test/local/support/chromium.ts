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

/** A folder for all that Chromium writes, its crash reports included, and the environment for it. */
export function chromiumSettings(): { readonly folder: string; readonly env: NodeJS.ProcessEnv } {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-chromium-'));
  return { folder, env: { ...process.env, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder } };
}

/** Starts Chromium, which leaves nothing behind once it is closed. */
export async function startChromium(): Promise<{ browser: Browser; close(): Promise<void> }> {
  const { folder, env } = chromiumSettings();
  const browser = await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    env,
    args: CHROMIUM_ARGS,
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
