import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { media } from '../e2e/support/media.ts';
import { pipelineEnvironment, start } from '../e2e/support/run.ts';
import { startService } from '../local/support/service.ts';
import { blocksOf } from './pages.ts';
import { makeProject } from './project.ts';

/** What the programs of each page print in this order, as far as it is always the same. */
const PAGES: Readonly<Record<string, readonly (RegExp | undefined)[]>> = {
  '2-use/log.md': [undefined],
  '4-local-service/local-service.md': [/^http:\/\/127\.0\.0\.1:\d+\n$/],
  '3-program/getting-started.md': [/^(stored \d+\n){5}$/],
  '3-program/producing.md': [
    /connection: streaming\n[\s\S]*persisted: true/,
    /frames stored: 38[56]/,
    /ended: 3/,
    /^site=porch\ndoor=open\n$/,
    /ready in us-west-2/,
  ],
  '3-program/sources.md': [/persisted: true/],
  '3-program/testing.md': [/fragments stored: 1/, /# pass 1/, /^503 1 spent\n$/],
  // All but the last need a camera: test/consumer has what they call.
  '3-program/consumer.md': [undefined, undefined, undefined, undefined, /^(\d+n \d+\n){5}$/],
};

for (const [page, printed] of Object.entries(PAGES)) {
  describe(`the programs of docs/${page}`, () => {
    const programs = blocksOf(join('docs', page)).filter(({ language }) => language === 'ts');
    const project = makeProject(['@types/node', 'pino']);
    before(() => {
      copyFileSync(media('av.mkv'), join(project.folder, 'film.mkv'));
      for (const [index, { lines }] of programs.entries()) {
        writeFileSync(join(project.folder, `program-${index}.mts`), `${lines.join('\n')}\n`);
      }
    });
    after(() => project.remove());

    it('compile under strict, as programs that use the package', () => {
      assert.equal(programs.length, printed.length);
      const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
      const files = programs.map((_, index) => `program-${index}.mts`);
      const options = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--strict'];
      const libraries = ['--lib', 'es2023,esnext.disposable'];
      const { status, stdout } = spawnSync(
        process.execPath,
        [tsc, ...options, ...libraries, ...files],
        { cwd: project.folder, encoding: 'utf8' },
      );
      assert.equal(status, 0, stdout);
    });

    for (const [index, pattern] of printed.entries()) {
      if (pattern === undefined) continue;
      it(`run, and print what they should: number ${index + 1}`, async (t) => {
        const service = await startService(t);
        const env = pipelineEnvironment(service.url, {
          AWS_REGION: 'us-west-2',
          // A test that runs below a test would talk to its parent in binary.
          NODE_TEST_CONTEXT: undefined,
        });
        const program = join(project.folder, `program-${index}.mjs`);
        const running = start(t, process.execPath, [program], env, project.folder);
        const { code, stdout, stderr } = await running.finished;
        assert.equal(code, 0, stderr);
        assert.match(stdout, pattern);
        // The log goes there; anything else would be a complaint.
        assert.doesNotMatch(stderr, /^[^{]/m);
      });
    }
  });
}
