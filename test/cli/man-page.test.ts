import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createProgram } from '../../src/cli/program.ts';
import { commandTable } from '../../src/cli/table/command-table.ts';
import { manPage } from '../../src/cli/table/man-page.ts';

function mandoc(args: string[]): { stdout: string; status: number | null } {
  const input = manPage(createProgram(), '2026-11-29');
  return spawnSync('mandoc', args, { input, encoding: 'utf8' });
}

test('the man page is free of mistakes', () => {
  const { stdout, status } = mandoc(['-T', 'lint', '-W', 'warning']);
  assert.equal(stdout, '');
  assert.equal(status, 0);
});

test('the man page has every command with every option', () => {
  // Bold is a letter, a backspace and the letter again.
  const parts = mandoc(['-T', 'utf8', '-O', 'width=400']).stdout.split('\b');
  const text = parts.map((part, index) => part.slice(0, index < parts.length - 1 ? -1 : undefined));
  const all = text.join('');
  for (const { path, options } of commandTable(createProgram())) {
    assert.ok(all.includes(['kvs-launch', ...path].join(' ')), path.join(' '));
    for (const { flags, long } of options) {
      if (long !== '--help') assert.ok(all.includes(flags), flags);
    }
  }
});
