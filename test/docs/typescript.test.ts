import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startService } from '../local/support/service.ts';
import { blocksOf } from './pages.ts';

const PAGE = 'docs/3-program/typescript.md';
const examples = blocksOf(PAGE).filter(({ language }) => language === 'ts');
/** What each of them prints, as far as it is always the same. */
const PRINTED = [
  /connection: streaming\n[\s\S]*persisted: true/,
  /ready in us-west-2/,
  /fragments stored: 1/,
];

describe(`the examples of ${PAGE}`, () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvs-launch-examples-'));
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
    symlinkSync(packageRoot, join(folder, 'node_modules', 'kvs-launch'));
    const types = join('node_modules', '@types', 'node');
    symlinkSync(join(packageRoot, types), join(folder, types));
    for (const [index, { lines }] of examples.entries()) {
      writeFileSync(join(folder, `example-${index}.mts`), `${lines.join('\n')}\n`);
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('compile under strict, as a program that uses the package', () => {
    assert.equal(examples.length, PRINTED.length);
    const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const files = examples.map((_, index) => `example-${index}.mts`);
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        tsc,
        ...['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--strict'],
        ...files,
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout);
  });

  for (const [index, printed] of PRINTED.entries()) {
    it(`run, and print what they should: number ${index + 1}`, async (t) => {
      const service = await startService(t);
      const child = spawn(process.execPath, [join(folder, `example-${index}.mjs`)], {
        env: {
          ...process.env,
          CONTROL_PLANE_URI: service.url,
          AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
          AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [out, err, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit'),
      ]);
      assert.equal(code, 0, err);
      assert.match(out, printed);
      // The log goes there; anything else would be a complaint.
      assert.doesNotMatch(err, /^[^{]/m);
    });
  }
});
