// README's test command: installs what is missing, builds, and runs every test.
//   npm test                      everything
//   npm test -- media bridge      the test files whose path has one of these words
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { freshRegistry } from './lib/gstreamer.mjs';
import { fail, root } from './lib/run.mjs';
import { setup } from './setup.mjs';

await setup(['build', 'run', 'test']);

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
// machine with two cores. Those of test/e2e and test/field wait the most: they run in real time.
// Both rounds at once took longer, and pipelines ran into their time limits.
function isField(name) {
  return name.includes(join('test', 'field'));
}
function isInRealTime(name) {
  return isField(name) || name.includes(join('test', 'e2e'));
}
const rounds = [
  { concurrency: 3, names: files.filter((name) => !isInRealTime(name)) },
  { concurrency: 4, names: files.filter(isInRealTime) },
];
/**
 * Starts what the files of test/field play their streams with. @returns its address; without it, as
 * where Chromium is missing, each file that needs a player starts its own.
 */
async function startPlayer() {
  const service = join(tests, 'field', 'support', 'player-service.js');
  // Its standard input ends with this process, and it with that.
  const child = spawn(process.execPath, [service], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => undefined);
  const address = await Promise.race([once(child.stdout, 'data'), ended]);
  return address?.toString().trim();
}
const KVS_TEST_PLAYER = files.some(isField) ? await startPlayer() : undefined;

const environment = {
  ...process.env,
  GST_REGISTRY,
  KVS_TEST_PLAYER,
  // A new folder in test/ would have build-ts.mjs, which a test runs, make dist/ anew under the others.
  PYTHONDONTWRITEBYTECODE: '1',
  // Node 20 parses them at each start, for a third of its CPU time, and the tests start it some
  // thousand times. What goes into the net (test/package) takes them from the other variable.
  NODE_EXTRA_CA_CERTS: '',
  KVS_TEST_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS ?? '',
};
const reports = mkdtempSync(join(tmpdir(), 'kvs-tests-'));

let status = 0;
const lines = rounds
  .filter(({ names }) => names.length > 0)
  .flatMap(({ concurrency, names }, round) => {
    const report = join(reports, `${round}.jsonl`);
    const run = spawnSync(
      process.execPath,
      [
        '--test',
        `--test-concurrency=${concurrency}`,
        // Of a file, too; on a busy machine the slowest take three minutes.
        '--test-timeout=480000',
        '--test-reporter=tap',
        '--test-reporter-destination=stdout',
        `--test-reporter=${join(root, 'scripts', 'lib', 'failed-tests.mjs')}`,
        `--test-reporter-destination=${report}`,
        ...names,
      ],
      { cwd: root, stdio: 'inherit', env: environment },
    );
    status ||= run.status ?? 1;
    return readFileSync(report, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  });
rmSync(reports, { recursive: true });

const slowest = lines
  .filter(({ durationMs }) => durationMs >= 30_000)
  .sort((one, other) => other.durationMs - one.durationMs);
for (const { file, durationMs } of slowest.slice(0, 12)) {
  console.log(`# ${Math.round(durationMs / 1000)} s in ${file}`);
}
for (const { file, test, cause } of lines.filter((line) => line.test !== undefined)) {
  console.log(`\n# FAILED: ${test}\n# in ${file}\n${cause.replaceAll(/^/gm, '#   ')}`);
}
process.exit(status);
