import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { anchorOf, anchorsOf, PAGES, readPage } from './pages.ts';

/** Prose and code; in tables and lines with an address, a line is as long as it has to be. */
const MAX_COLUMNS = 120;
/** Declarations, as the compiler writes them: scripts/api-doc.mjs. */
const DECLARATIONS = /^docs\/3-program\/reference\//;
/** Written by scripts/errors-doc.mjs, tables all through. */
const LONG_LINES = /^\||\]\(|https?:\/\//;

test("a heading's anchor is the one that GitHub makes", () => {
  assert.equal(anchorOf('`kvs-launch local`: a KVS, here'), 'kvs-launch-local-a-kvs-here');
  assert.equal(anchorOf('Pi 3, Pi 4'), 'pi-3-pi-4');
});

test('every relative link of a page leads to a file, and its anchor to a heading there', () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of PAGES) {
    const text = readPage(page).replace(/^```[\s\S]*?^```$/gm, '');
    for (const [link, path = '', anchor] of text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)) {
      if (/^[a-z]+:/.test(path)) continue;
      links += 1;
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(packageRoot, target))) {
        broken.push(`${page}: ${link}`);
      } else if (anchor !== undefined && !anchorsOf(target).has(anchor)) {
        broken.push(`${page}: ${link}`);
      }
    }
  }
  assert.ok(links > 50);
  assert.deepEqual(broken, []);
});

test('every path of a file in the repository that a page names exists', () => {
  const missing = PAGES.flatMap((page) =>
    [...readPage(page).matchAll(/`((?:src|native|test|scripts|examples|docs)\/[\w./-]+)`/g)]
      .filter(([, path = '']) => !existsSync(join(packageRoot, path)))
      .map(([, path]) => `${page}: ${path}`),
  );
  assert.deepEqual(missing, []);
});

test(`no line of a page is longer than ${MAX_COLUMNS} columns, but tables and addresses`, () => {
  const long = PAGES.filter((page) => !DECLARATIONS.test(page)).flatMap((page) =>
    readPage(page)
      .split('\n')
      .flatMap((line, index) =>
        line.length > MAX_COLUMNS && !LONG_LINES.test(line) ? [`${page}:${index + 1}`] : [],
      ),
  );
  assert.deepEqual(long, []);
});

test('README fits on a screen or two', () => {
  assert.ok(readPage('README.md').trimEnd().split('\n').length < 120);
});
