import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { transformSync } from 'esbuild';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { temporaryFolder } from '../local/support/service.ts';

/** A program in the working copy, without what the npm above this test hands on. */
function run(...[command = '', ...args]: string[]): SpawnSyncReturns<string> {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  return spawnSync(command, args, {
    cwd: packageRoot,
    env: Object.fromEntries(env),
    encoding: 'utf8',
  });
}

function contents(folder: string): string[] {
  const [tarball = ''] = readdirSync(folder);
  return run('tar', 'tzf', join(folder, tarball)).stdout.trim().split('\n').sort();
}

test('npm pack makes what npm run pack makes, with the binaries of this machine at least', (t) => {
  const [mine, npms] = [temporaryFolder(t), temporaryFolder(t)];
  const ours = run('node', join('scripts', 'pack.mjs'), '--own-build', '--to', mine);
  assert.equal(ours.status, 0, ours.stderr);
  const packed = run('npm', 'pack', '--pack-destination', npms);
  assert.equal(packed.status, 0, packed.stderr);
  const platform = `package/prebuilds/linux-${process.arch}/`;
  const files = contents(npms).filter(
    (name) => !name.startsWith('package/prebuilds/') || name.startsWith(platform),
  );
  assert.deepEqual(files, contents(mine));
  assert.ok(files.includes(`${platform}kvssink_addon.node`));
});

test('what npm packs of a git address has all that build-native needs', (t) => {
  t.after(() => rmSync(join(packageRoot, 'native', 'binding.gyp'), { force: true }));
  // npm runs prepare there, and no prepack.
  const prepared = run('npm', 'run', 'prepare');
  assert.equal(prepared.status, 0, prepared.stderr);
  const { stdout } = run('npm', 'pack', '--dry-run', '--ignore-scripts', '--json');
  for (const path of [
    'dist/bundle/kvs-launch.js',
    'native/binding.gyp',
    'scripts/build-native.mjs',
  ]) {
    assert.ok(stdout.includes(`"path": "${path}"`), path);
  }
});

test('npm publish is refused, and says what to do instead', () => {
  const { status, stderr } = run('npm', 'publish', '--dry-run');
  assert.notEqual(status, 0);
  assert.match(stderr, /npm run release\nThen: npm publish release/);
  const { url } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).repository;
  assert.equal(/does not say where the sources are published/.test(stderr), url === '');
});

test('what was installed from sources and not built says so, and no stack', (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['bin', 'package.json']) {
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
  }
  const command = join(folder, 'bin', 'kvs-launch.js');
  const asPackage = run('node', command, '--version');
  assert.equal(asPackage.status, 1);
  assert.equal(
    asPackage.stderr,
    `ERROR: kvs-launch was not built in ${folder}/\n` +
      'It came from sources. In a clone of them, "npm pack" makes a tarball to install.\n',
  );
  mkdirSync(join(folder, 'src'));
  assert.match(run('node', command).stderr, /not built in .*\nBuild it there: npm run setup\n$/);
});

test('a program that ends before its work is done is a failure', (t) => {
  const folder = temporaryFolder(t);
  cpSync(join(packageRoot, 'bin'), join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'dist', 'bundle'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const program = join(folder, 'dist', 'bundle', 'kvs-launch.js');
  const ends = [
    ['await new Promise(() => {});', 13, /^ERROR: kvs-launch ended before its work was done/],
    ['await new Promise(() => process.exit(0));', 0, /^$/],
    ['process.exitCode = await 4;', 4, /^$/],
    ['throw new Error("broken");', 1, /Error: broken/],
  ] as const;
  for (const [text, status, said] of ends) {
    writeFileSync(program, text);
    const ended = run('node', join(folder, 'bin', 'kvs-launch.js'));
    assert.equal(ended.status, status, text);
    assert.match(ended.stderr, said);
  }
});

test('for a Node that is too old, the needed version is named', () => {
  for (const [version, isTold] of [
    ['18.20.8', true],
    ['20.10.0', true],
    ['20.19.0', false],
  ] as const) {
    const versions = `{ ...process.versions, node: '${version}' }`;
    const pretend = `Object.defineProperty(process, 'versions', { value: ${versions} })`;
    const { status, stderr } = run(
      ...['node', '--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
      ...[join('bin', 'kvs-launch.js'), '--version'],
    );
    assert.equal(status, isTold ? 1 : 0, stderr);
    assert.equal(/^ERROR: kvs-launch needs Node\.js 20\.19 or later; .* is /.test(stderr), isTold);
  }
});

test('the file that says this can be read by Node 12, which Debian 11 and Ubuntu 22.04 have', () => {
  const text = readFileSync(join(packageRoot, 'bin', 'kvs-launch.js'), 'utf8');
  const written = (target: string) => transformSync(text, { format: 'esm', target }).code;
  assert.equal(written('node12.22'), written('esnext'));
});
