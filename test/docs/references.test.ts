import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { PAGES, readPage } from './pages.ts';

/** References that only somebody with a certain copy of something could follow. */
const UNFOLLOWABLE: readonly [what: string, pattern: RegExp][] = [
  ['a line of a document', /\bguide, (?:from )?lines? \d/],
  ["a line of upstream's file, without a commit", /\b\w+\.(?:c|cpp|h|hpp|java):\d+/],
  ['a section of a document that is not here', /§|\(reference: (?!\w+ \|)|\bproducer-core\b/],
  ["a section's number as the name of a test", /\b(?:test|it|describe)\(\s*['"`]§?\d+\.\d+ /],
  ['a line of a branch that moves', /github\.com\/awslabs\/[\w-]+\/blob\/(?![0-9a-f]{40}\/)\S+#L/],
];

const files = ['src', 'native', 'test', 'scripts', 'examples', 'docs'].flatMap((folder) =>
  readdirSync(join(packageRoot, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => /\.(ts|mjs|cc|h|py|md)$/.test(name) && !name.endsWith('references.test.ts')),
);

for (const [what, pattern] of UNFOLLOWABLE) {
  test(`nothing refers to ${what}`, () => {
    const found = files.flatMap((file) =>
      readFileSync(join(packageRoot, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line}`] : [])),
    );
    assert.deepEqual(found, []);
  });
}

test('every file of the sources that a page names exists', () => {
  const named = PAGES.flatMap((page) =>
    [...readPage(page).matchAll(/`((?:src|native|test|scripts)\/[\w./-]+)`/g)].map(
      ([, path]) => `${page}: ${path}`,
    ),
  );
  assert.ok(named.length > 50, 'the pages name files');
  const lost = named.filter((each) => !existsSync(join(packageRoot, each.split(': ')[1] ?? '')));
  assert.deepEqual(lost, []);
});

test('the page on architecture says where a newcomer finds what is decided', () => {
  const decisions = readPage('docs/5-inside/architecture.md').split('## Where decisions')[1] ?? '';
  for (const [question, file] of [
    ['key frame', 'src/producer/tracks/decodability.ts'],
    ['fragment end', 'src/producer/packaging/boundary.ts'],
    ['settled', 'src/putmedia/uploader/settlement.ts'],
    ["property's default", 'src/host/settings/rows'],
    ['bus message', 'src/host/bus/bus-messages.ts'],
  ] as const) {
    const row = decisions.split('\n').find((line) => line.includes(question));
    assert.ok(row?.includes(`\`${file}\``), `${question}: ${row}`);
  }
});
