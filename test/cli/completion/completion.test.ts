import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { completionScript, type Shell } from '../../../src/cli/completion/scripts.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { temporaryFolder } from '../../local/support/service.ts';

/** What each shell does with `line` and the tab key: its own completion, not a stand-in for it. */
const COMPLETIONS: Record<
  Exclude<Shell, 'zsh'>,
  (script: string, line: string, folder: string) => string[]
> = {
  bash(script, line, folder) {
    const words = line.split(' ');
    const program = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_kvs_launch; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines('bash', ['-c', program], folder);
  },
  fish(script, line, folder) {
    return lines('fish', ['--no-config', '-c', `${script}\ncomplete -C '${line}'`], folder).map(
      (each) => each.split('\t', 1)[0] ?? '',
    );
  },
};

function lines(shell: string, args: string[], folder: string): string[] {
  const { stdout, stderr, error } = spawnSync(shell, args, {
    encoding: 'utf8',
    cwd: folder,
    timeout: 30_000,
    env: { ...process.env, HOME: folder, TERM: 'dumb' },
  });
  assert.equal(error, undefined, `${shell} ran: ${String(error)}`);
  assert.doesNotMatch(stderr, /error|not found/i);
  return stdout.split('\n').filter((line) => line !== '');
}

for (const shell of ['bash', 'fish'] as const) {
  test(`${shell} completes commands, subcommands, options, choices and files`, (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'film.mkv'), '');
    const script = completionScript(createProgram(), shell);
    const complete = (line: string) => COMPLETIONS[shell](script, line, folder);
    assert.deepEqual(complete('kvs-launch lo'), ['local']);
    assert.deepEqual(
      complete('kvs-launch spool ')
        .filter((word) => !word.startsWith('-'))
        .sort(),
      ['drop', 'list', 'send'],
    );
    assert.ok(complete('kvs-launch local --').includes('--tls-port'));
    assert.ok(!complete('kvs-launch local --').includes('--adaptive-bitrate'));
    assert.deepEqual(complete('kvs-launch local --log-level wa'), ['warning']);
    assert.deepEqual(complete('kvs-launch completion f'), ['fish']);
    assert.ok(complete('kvs-launch local --log-file f').includes('film.mkv'));
  });
}

test('zsh completes commands, subcommands, options, choices and files', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'film.mkv'), '');
  const functions = join(folder, 'functions');
  mkdirSync(functions);
  writeFileSync(join(functions, '_kvs-launch'), completionScript(createProgram(), 'zsh'));
  // Completion needs an interactive shell with a terminal. What is unique is written behind the
  // cursor, then the line is given up (^U).
  const typed = [
    ['kvs-launch loc', 'local '],
    ['kvs-launch spool se', 'send '],
    ['kvs-launch local --tls', '--tls-port '],
    ['kvs-launch local --log-level wa', 'warning '],
    ['kvs-launch completion fi', 'fish '],
    ['kvs-launch local --log-file fi', 'film.mkv '],
  ] as const;
  const program = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "unsetopt prompt_sp zle_bracketed_paste; PS1='> '; fpath=(${functions} $fpath)"
zpty -w z "autoload -Uz compinit; compinit -u -D; cd ${folder}; print REA''DY"
zpty -r z text '*READY*'
${typed
  .map(
    ([line, end]) => `
zpty -w -n z $'${line}\\t'
zpty -r z text '*${line.slice(0, line.lastIndexOf(' '))}*${end}*' && print 'completed ${end}'
zpty -w -n z $'\\C-u'`,
  )
  .join('')}
zpty -d z`;
  assert.deepEqual(
    lines('zsh', ['-f', '-c', program], folder),
    typed.map(([, end]) => `completed ${end}`),
  );
});
