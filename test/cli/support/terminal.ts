import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pipelineEnvironment } from '../../e2e/support/run.ts';
import { COMMAND } from './kvs-launch.ts';

/** No line of tmux's own. */
const CONFIGURATION = 'set -g status off\n';
/** Ctrl-C is the command's alone, and the screen stays when it has ended. */
const SCRIPT = 'trap : INT; "$@"; echo "exit code $?"; exec sleep infinity';

/** Characters. */
export type TerminalSize = { readonly columns: number; readonly rows: number };

/** kvs-launch on a terminal as people have it: tmux draws what it writes. */
export type Terminal = {
  /** What is on it, a line each, without blanks at their ends. */
  screen(): string;
  /** Resolves with the screen when it matches. */
  shows(pattern: RegExp): Promise<string>;
  /** Types a key, in tmux's words: `C-c`. */
  press(key: string): void;
  resize(size: TerminalSize): void;
};

/** Opens a terminal of a size, with the command in it, and `exit code N` behind that. */
export function openTerminal(
  t: TestContext,
  url: string,
  { columns, rows }: TerminalSize,
  args: readonly string[],
): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-terminal-'));
  writeFileSync(join(folder, 'tmux.conf'), CONFIGURATION);
  const env = { ...pipelineEnvironment(url), LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' };
  const tmux = (...words: readonly string[]): string =>
    execFileSync('tmux', ['-S', join(folder, 'tmux'), ...words], { env, encoding: 'utf8' });
  const command = ['sh', '-c', SCRIPT, 'sh', process.execPath, COMMAND, ...args];
  const size = ['-x', `${columns}`, '-y', `${rows}`];
  tmux('-f', join(folder, 'tmux.conf'), 'new-session', '-d', ...size, ...command);
  t.after(() => {
    tmux('kill-server');
    rmSync(folder, { recursive: true });
  });
  const screen = (): string => tmux('capture-pane', '-p').replace(/\n*$/, '\n');
  return {
    screen,
    shows: async (pattern) => {
      for (;;) {
        const now = screen();
        if (pattern.test(now)) return now;
        if (/^exit code \d+$/m.test(now)) throw new Error(`It ended with this on it:\n${now}`);
        // tmux tells nobody that something was drawn.
        await setTimeout(50);
      }
    },
    press: (key) => tmux('send-keys', key),
    resize: (to) => tmux('resize-window', '-x', `${to.columns}`, '-y', `${to.rows}`),
  };
}
