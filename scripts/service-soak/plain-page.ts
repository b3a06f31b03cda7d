import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM_ARGS, chromiumPath } from '../../test/local/support/chromium.ts';
import { residentMiB } from '../../test/local/support/command.ts';

/** A page in a Chromium of its own. */
export type PlainPage = {
  /** What the process of the page has for itself, MiB. */
  ownMiB(): number;
  /** Processor time of that process, seconds: a page that plays uses some. */
  cpuSeconds(): number;
  close(): Promise<void>;
};

const TICKS_PER_SECOND = 100;

/**
 * Opens a page that nobody debugs. Where DevTools are attached, as Playwright does, the page's process
 * keeps what it has fetched, and grows by what the live view receives.
 */
export function openPlainPage(url: string): PlainPage {
  if (chromiumPath === undefined) throw new Error('Chromium is not installed');
  const settings = mkdtempSync(join(tmpdir(), 'kvs-chromium-'));
  const args = [...CHROMIUM_ARGS, '--headless=new', `--user-data-dir=${settings}`, url];
  const child = spawn(chromiumPath, args, {
    stdio: 'ignore',
    env: { ...process.env, XDG_CONFIG_HOME: settings, XDG_CACHE_HOME: settings },
  });
  const exited = once(child, 'exit');
  let renderer: number | undefined;
  const rendererPid = (): number => {
    // Of the page's, once it plays, and Chromium's own.
    renderer ??= renderersOf(settings).sort((a, b) => cpuSeconds(b) - cpuSeconds(a))[0];
    if (renderer === undefined) throw new Error('Chromium has no renderer process');
    return renderer;
  };
  return {
    ownMiB: () => residentMiB({ pid: rendererPid() }).own,
    cpuSeconds: () => cpuSeconds(rendererPid()),
    close: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(settings, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function cpuSeconds(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

/** The renderer processes of the Chromium whose settings are in this folder. */
function renderersOf(settings: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      return command.includes(settings) && command.includes('--type=renderer');
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}
