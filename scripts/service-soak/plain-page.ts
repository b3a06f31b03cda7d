import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import {
  CHROMIUM_ARGS,
  chromiumPath,
  chromiumSettings,
} from '../../test/local/support/chromium.ts';
import { residentMiB } from '../../test/local/support/command.ts';
import { descendants, readStat } from '../bench/lib/process-tree.ts';

/** A page in a Chromium of its own. */
export type PlainPage = {
  /** What the process of the page has for itself, MiB. */
  ownMiB(): number;
  /** Processor time of that process, seconds: a page that plays uses some. */
  cpuSeconds(): number;
  close(): Promise<void>;
};

/**
 * Opens a page that nobody debugs. Where DevTools are attached, as Playwright does, the page's process
 * keeps what it has fetched, and grows by what the live view receives.
 */
export function openPlainPage(url: string): PlainPage {
  if (chromiumPath === undefined) throw new Error('Chromium is not installed');
  const { folder, env } = chromiumSettings();
  const args = [...CHROMIUM_ARGS, '--headless=new', `--user-data-dir=${folder}`, url];
  const child = spawn(chromiumPath, args, { stdio: 'ignore', env });
  const exited = once(child, 'exit');
  let renderer: number | undefined;
  const rendererPid = (): number => {
    // Of the page's, once it plays, and Chromium's own.
    renderer ??= renderersOf(child.pid).sort((a, b) => cpuSeconds(b) - cpuSeconds(a))[0];
    if (renderer === undefined) throw new Error('Chromium has no renderer process');
    return renderer;
  };
  return {
    ownMiB: () => residentMiB({ pid: rendererPid() }).own,
    cpuSeconds: () => cpuSeconds(rendererPid()),
    close: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function cpuSeconds(pid: number): number {
  return readStat(pid)?.cpuSeconds ?? 0;
}

function renderersOf(browser: number | undefined): number[] {
  if (browser === undefined) return [];
  return descendants(browser).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer');
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}
