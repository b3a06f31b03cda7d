#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Here, and in words that every Node knows: the rest may be more than an old one can read.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `kvs-launch needs Node.js 20.19 or later; ${process.execPath} is ${process.versions.node}.`,
    'Debian 13 has it (apt-get install nodejs); for others: https://nodejs.org/en/download',
  );
}
const program = new URL('../dist/bundle/kvs-launch.js', import.meta.url);
if (!existsSync(program)) {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  fail(
    `kvs-launch was not built in ${folder}`,
    existsSync(new URL('../src', import.meta.url))
      ? `Build it there: npm run setup`
      : 'It came from sources. In a clone of them, "npm pack" makes a tarball to install.',
  );
}
// Without `await` at the top, which Node 12 of Debian 11 and Ubuntu 22.04 could not even read. With it, Node
// itself would notice a program that has nothing left to wait for, and yet has not come to its end.
let isDone = false;
import(program).then(() => {
  isDone = true;
});
process.once('beforeExit', () => {
  if (isDone) return;
  console.error(
    'ERROR: kvs-launch ended before its work was done; please report this, with the command',
  );
  process.exitCode = 13;
});

function fail(...lines) {
  console.error(`ERROR: ${lines.join('\n')}`);
  process.exit(1);
}
