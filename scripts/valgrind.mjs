// Runs the native test programs under valgrind: node scripts/valgrind.mjs [part of a test's name]
// Slower than the sanitizer build that `npm test` runs, and sees uninitialised memory as well.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail, root } from './lib/run.mjs';

const build = join(root, 'scripts', 'build-native.mjs');
if (spawnSync(process.execPath, [build, '--tests'], { stdio: 'inherit' }).status !== 0) {
  process.exit(1);
}

const options = [
  '--quiet',
  '--error-exitcode=9',
  '--leak-check=full',
  '--show-leak-kinds=definite',
  '--errors-for-leak-kinds=definite',
  `--suppressions=${join(root, 'test', 'native', 'valgrind.supp')}`,
];
const env = {
  ...process.env,
  G_SLICE: 'always-malloc',
  KVS_NODE: process.execPath,
  KVS_HOST_SCRIPT: join(root, 'test', 'fixtures', 'fake-host.mjs'),
};
let failed = false;
for (const name of ['bridge-test', 'element-test']) {
  const program = join(root, 'build', 'Tests', name);
  const { status, error } = spawnSync('valgrind', [...options, program, ...process.argv.slice(2)], {
    env,
    stdio: 'inherit',
  });
  if (error) fail('valgrind is not installed. On Debian: apt-get install valgrind');
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
