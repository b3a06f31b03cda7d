// README's test command: installs what is missing, builds, and runs every test.
//   npm test                      everything
//   npm test -- media bridge      the test files whose path has one of these words
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { freshRegistry } from './lib/gstreamer.mjs';
import { fail, root } from './lib/run.mjs';
import { setup } from './setup.mjs';

setup(['build', 'run', 'test']);

const GST_REGISTRY = freshRegistry(['run', 'test']);
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const tests = join(root, 'dist', 'test');
const files = readdirSync(tests, { recursive: true })
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => relative(root, join(tests, name)))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) fail(`No test file has one of these words in its path: ${words.join(' ')}`);

// Most tests wait for pipelines and sockets, and Node's own default is one file at a time on a
// machine with two cores. The situations of test/field wait the most: they run in real time.
function isField(name) {
  return name.includes(join('test', 'field'));
}
const rounds = [
  { concurrency: 2, names: files.filter((name) => !isField(name)) },
  { concurrency: 4, names: files.filter(isField) },
];
let failed = 0;
for (const { concurrency, names } of rounds.filter((round) => round.names.length > 0)) {
  const { status } = spawnSync(
    process.execPath,
    ['--test', `--test-concurrency=${concurrency}`, '--test-timeout=240000', ...names],
    { cwd: root, stdio: 'inherit', env: { ...process.env, GST_REGISTRY } },
  );
  failed ||= status ?? 1;
}
process.exit(failed);
