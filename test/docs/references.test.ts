import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';

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
