import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';

const reports = join('test', 'package', 'api');

describe('the public types', () => {
  it('are three declaration files', () => {
    const files = readdirSync(join(packageRoot, 'dist', 'types'), { recursive: true });
    assert.deepEqual(files.sort(), ['consumer.d.ts', 'index.d.ts', 'local.d.ts']);
  });

  for (const name of ['index', 'local', 'consumer']) {
    it(`of ${name}.d.ts are those of the committed report`, () => {
      const file = `${name}.api.md`;
      const now = readFileSync(join(packageRoot, 'dist', 'api', file), 'utf8');
      const committed = readFileSync(join(packageRoot, reports, file), 'utf8');
      assert.equal(
        now,
        committed,
        `The public API has changed:\n${differences(committed, now)}\nIf it is meant to: ` +
          `cp dist/api/${file} ${reports}/ and name the change in CHANGELOG.md.`,
      );
    });

    it(`of ${name}.d.ts name no internal class and need no @types/node`, () => {
      const text = readFileSync(join(packageRoot, 'dist', 'types', `${name}.d.ts`), 'utf8');
      const internal =
        /@internal|\b(Buffer|NodeJS|ContentStore|StreamLife|Packager|Uploader\w*|StreamRegistry)\b/g;
      const code = text.replace(/\/\*\*[\s\S]*?\*\//g, '');
      assert.deepEqual([...code.matchAll(internal)].map(String), []);
      assert.doesNotMatch(text, /^import /m);
    });
  }
});

/** The lines of one text that the other has not. */
function differences(before: string, after: string): string {
  const old = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const gone = [...old].filter((line) => !now.has(line)).map((line) => `- ${line}`);
  const come = [...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`);
  return [...gone, ...come].join('\n');
}
