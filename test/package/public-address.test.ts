import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { temporaryFolder } from '../local/support/service.ts';

type Manifest = {
  readonly repository?: { readonly type?: string; readonly url?: string };
  readonly bugs?: { readonly url: string };
  readonly homepage?: string;
};
const script = join(packageRoot, 'scripts', 'lib', 'public-address.mjs');
const {
  publicAddress,
  withAddress,
}: {
  publicAddress(manifest: Manifest): string;
  withAddress(manifest: Manifest): Manifest;
} = await import(pathToFileURL(script).href);

function at(url: string): Manifest {
  return { repository: { type: 'git', url } };
}

test('bugs and homepage of the published package follow from the one address', () => {
  const manifest = at('git+https://github.com/example/kvs-launch.git');
  assert.equal(publicAddress(manifest), 'https://github.com/example/kvs-launch');
  assert.deepEqual(withAddress(manifest), {
    ...manifest,
    bugs: { url: 'https://github.com/example/kvs-launch/issues' },
    homepage: 'https://github.com/example/kvs-launch#readme',
  });
});

test('while no address is set, the package has none of the three', () => {
  assert.deepEqual(withAddress(at('')), {});
  assert.throws(() => publicAddress(at('')), /does not say where.*npm pkg set repository\.url=/);
});

test('an address by which nothing is found is refused', () => {
  for (const url of [
    'git+https://github.com/OWNER/kvs-launch.git',
    'https://github.com/example/kvs-launch',
    'git@github.com:example/kvs-launch.git',
    'git+https://github.com/kvs-launch.git',
  ]) {
    assert.throws(() => publicAddress(at(url)), /is no repository's address/, url);
  }
});

test('npm run release refuses to make what could be published, until an address is set', (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['scripts', 'package.json']) {
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
  }
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...manifest, ...at('') }));
  const release = (...options: string[]): { status: number | null; stderr: string } =>
    spawnSync(
      process.execPath,
      [join(folder, 'scripts', 'release.mjs'), '--no-image', ...options],
      {
        encoding: 'utf8',
      },
    );
  const refused = release();
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /does not say where the sources are published/);
  // What it says next, in a folder without a CHANGELOG.md, shows that it went on.
  assert.doesNotMatch(release('--trial').stderr, /does not say where/);
  writeFileSync(
    path,
    JSON.stringify({ ...manifest, ...at('git+https://github.com/example/kvs-launch.git') }),
  );
  assert.doesNotMatch(release().stderr, /does not say where/);
});
