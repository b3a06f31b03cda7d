// Blocks of every page: those that no other test runs are read by what reads their language.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { blocksOf, PAGES } from './pages.ts';

/** By language, which pages have such blocks that run in another test; undefined for all. */
const RUN_ELSEWHERE: Readonly<Record<string, readonly string[] | undefined>> = {
  // commands.test.ts has each of them.
  sh: undefined,
  // programs.test.ts; the reference is generated from the types; that npm package loads is tested
  // with the package.
  ts: [
    ...['docs/2-use/log.md', 'docs/4-local-service/local-service.md', 'docs/3-program'],
    ...['docs/3-program/reference', 'docs/1-start/npm-package.md'],
  ],
};

/** Fails for text that is not of the language. */
const READERS: Readonly<Record<string, (text: string) => void>> = {
  json: (text) => JSON.parse(text.replaceAll('…', '')),
  yaml: (text) => assert.equal(typeof parse(text), 'object'),
  python: (text) => {
    const program = 'import ast, sys; ast.parse(sys.stdin.read())';
    const { status, stderr } = spawnSync('python3', ['-c', program], { input: text });
    assert.equal(status, 0, String(stderr));
  },
  // GitHub draws it.
  mermaid: (text) => assert.match(text, /^(flowchart|sequenceDiagram|stateDiagram)/),
  // What a program prints, and lines that show the form of a command.
  '': () => {},
};

for (const page of PAGES) {
  test(`every block of ${page} is run by a test, or can be read`, () => {
    for (const { language, lines } of blocksOf(page)) {
      if (language in RUN_ELSEWHERE) {
        const pages = RUN_ELSEWHERE[language];
        const isRun = pages === undefined || pages.includes(page) || pages.includes(dirname(page));
        assert.ok(isRun, `no test runs the ${language} of ${page}`);
        continue;
      }
      const read = READERS[language];
      assert.ok(read !== undefined, `no test reads ${language}`);
      read(lines.join('\n'));
    }
  });
}
