// The native test programs under AddressSanitizer, LeakSanitizer and UBSan, and under
// ThreadSanitizer, each test by its name.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { build, environment, type Outcome, program, run, withFolder } from './programs.ts';

before(() => build('--sanitize'), { timeout: 600_000 });

/** Processes that share a program's tests: most of their time goes by in waiting. */
const PARTS = 4;

/** One line of TAP together with the reason of a failure. */
function results(outcome: Outcome): { name: string; passed: boolean; reason: string }[] {
  const lines = outcome.stdout.split('\n');
  return lines.flatMap((line, index) => {
    const match = /^(ok|not ok) \d+ - (.*)$/.exec(line);
    if (match === null) return [];
    return [{ name: match[2] ?? '', passed: match[1] === 'ok', reason: lines[index + 1] ?? '' }];
  });
}

for (const folder of ['Sanitize', 'Threads'] as const) {
  for (const name of ['bridge-test', 'element-test']) {
    test(`${name} in build/${folder}`, async (t) => {
      await withFolder(async (temporary) => {
        const env = { ...environment(temporary), G_DEBUG: 'fatal-criticals' };
        const parts = Array.from({ length: PARTS }, (_, i) => `--part=${i + 1}/${PARTS}`);
        const outcomes = await Promise.all(
          parts.map((part) => run(program(folder, name), [part], env)),
        );
        for (const { name: subtest, passed, reason } of outcomes.flatMap(results)) {
          await t.test(subtest, () => assert.ok(passed, reason));
        }
        for (const { code, signal, stdout, stderr } of outcomes) {
          assert.equal(code, 0, `${signal} ${stderr.slice(-4000)}`);
          assert.match(stdout, /^1\.\.\d+$/m);
        }
      });
    });
  }
}

test('twenty processes that end while they stream end without a crash', async () => {
  await withFolder(async (folder) => {
    for (let i = 0; i < 20; i++) {
      const outcome = await run(
        program('Sanitize', 'element-test'),
        ['--exit-while-streaming'],
        // What is alive at exit is meant to be: leaks are looked for above.
        { ...environment(folder), ASAN_OPTIONS: 'detect_leaks=0' },
      );
      assert.equal(outcome.code, 0, `${outcome.signal} ${outcome.stderr.slice(-4000)}`);
    }
  });
});
