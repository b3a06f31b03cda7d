// node-gyp, which compiles the native parts. A working copy has it; the published package does not
// carry it around for the few who compile, because every npm does.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Path of node-gyp.js, or undefined when neither this package, npm nor Debian has one. */
export function findNodeGyp() {
  try {
    return createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  } catch {
    // Not a working copy.
  }
  const npmFolders = [
    // Set by npm and npx: …/npm/bin/npx-cli.js
    process.env.npm_execpath && join(dirname(process.env.npm_execpath), '..'),
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm'),
    globalNpmFolder(),
  ];
  return [
    ...npmFolders
      .filter((folder) => folder)
      .map((folder) => join(folder, 'node_modules', 'node-gyp')),
    '/usr/share/nodejs/node-gyp',
  ]
    .map((folder) => join(folder, 'bin', 'node-gyp.js'))
    .find((path) => existsSync(path));
}

function globalNpmFolder() {
  const { status, stdout } = spawnSync('npm', ['root', '-g'], { encoding: 'utf8' });
  return status === 0 ? join(stdout.trim(), 'npm') : undefined;
}

/** Arguments that make node-gyp use the headers beside the running node: then no network is needed. */
export function nodeGypArguments() {
  const prefix = join(dirname(process.execPath), '..');
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
}
