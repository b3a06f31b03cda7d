// The tests of what needs no GStreamer: the producer, the consumer, the local service. On Linux they
// run in a copy without anything compiled, with what only Linux has taken away (test/support/elsewhere.ts);
// on macOS and Windows as they are. Needs a build: node scripts/build-ts.mjs.
//   node scripts/test-portable.mjs              all of them
//   node scripts/test-portable.mjs local spool  those whose path has one of these words
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root } from './lib/run.mjs';

/** Folders of test/ whose subjects load nothing compiled. */
const FOLDERS = [
  ...['aws', 'consumer', 'errors', 'host', 'local', 'matroska', 'media', 'producer'],
  ...['property', 'putmedia', 'runtime', 'spool', 'storage'],
];

/** Files whose checks are themselves of Linux or of GStreamer, by the reason. */
const LEFT_OUT = {
  'they run GStreamer pipelines': [
    ...['consumer/consumer.test.js', 'consumer/images.test.js', 'property/'],
    ...['local/ingest/muxers.test.js', 'runtime/log-run.test.js'],
  ],
  'they compare with what /proc says of this process': ['storage/memory.test.js'],
  'they look at devices and permissions of Unix': [
    ...['aws/credential-file.test.js', 'aws/trust.test.js', 'runtime/compile-cache.test.js'],
    ...['aws/iot.test.js', 'runtime/make-folder.test.js'],
  ],
  'they simulate days': ['consumer/day.test.js', 'producer/day.test.js'],
};
const leftOut = Object.values(LEFT_OUT).flat();
const words = process.argv.slice(2);

const copied = ['dist', 'package.json', 'bin', 'docs', 'scripts', 'src', 'test', 'examples'];

/** A folder with everything but build/ and prebuilds/. */
function copyWithoutNative() {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-portable-'));
  for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const isLinux = process.platform === 'linux';
const folder = isLinux ? copyWithoutNative() : root;
const tests = join(folder, 'dist', 'test');
const files = FOLDERS.flatMap((name) =>
  readdirSync(join(tests, name), { recursive: true }).map((file) =>
    [name, ...String(file).split(sep)].join('/'),
  ),
)
  .filter((file) => file.endsWith('.test.js') && !leftOut.some((name) => file.startsWith(name)))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) fail(`No portable test file has one of these in its path: ${words}`);

const elsewhere = pathToFileURL(join(tests, 'support', 'elsewhere.js')).href;
const { status } = spawnSync(
  process.execPath,
  [
    ...['--test', '--test-concurrency=2', '--test-timeout=240000', '--test-reporter=tap'],
    ...files.map((file) => join(tests, ...file.split('/'))),
  ],
  {
    cwd: folder,
    stdio: 'inherit',
    // Through the environment, so that processes which a test starts are there, too.
    env: { ...process.env, ...(isLinux ? { NODE_OPTIONS: `--import=${elsewhere}` } : {}) },
  },
);
if (isLinux) rmSync(folder, { recursive: true });
process.exit(status ?? 1);
