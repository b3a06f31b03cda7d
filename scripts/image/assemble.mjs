// Copies what runs, and nothing else, out of a built and pruned working copy: for the image.
//   node scripts/image/assemble.mjs FOLDER
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fail, root } from '../lib/run.mjs';
import { isLicence } from '../licences.mjs';

const to = process.argv[2];
if (!to) fail('assemble.mjs FOLDER: where to?');

const kept = [
  'package.json',
  'LICENSE',
  'THIRD-PARTY-LICENSES.md',
  'bin',
  'dist/bundle',
  'dist/page',
  'build/Release/gstreamer-1.0',
  'build/Release/kvssink_addon.node',
  'scripts/image/entrypoint.sh',
];
for (const path of kept) {
  if (!existsSync(join(root, path))) fail(`${path} is missing: build first.`);
  cpSync(join(root, path), join(to, path), {
    recursive: true,
    filter: (from) => from === join(root, path) || !isForDevelopers(from),
  });
}

/** Maps, declarations and documents but licences: of use where code is written, not where it runs. */
function isForDevelopers(path) {
  if (isLicence(basename(path))) return false;
  return /\.(map|d\.[cm]?ts|[cm]?ts|md|markdown|flow)$|\/\.[^/]+$/.test(path);
}

/** Folders of packages that hold no code that runs. */
const unused = /^(@[^/]+\/)?[^/]+\/(docs?|tests?|__tests__|examples?|benchmarks?|\.github)(\/|$)/;

/** Packages of which little is used besides their licence; of the last two it is compiled in. */
const only = {
  'gstreamer-superficial': /^(build(\/Release(\/gstreamer-superficial\.node)?)?|package\.json)?$/,
  nan: /^(package\.json)?$/,
  'node-addon-api': /^(package\.json)?$/,
};

const modules = join(root, 'node_modules');
cpSync(modules, join(to, 'node_modules'), {
  recursive: true,
  filter: (from) => {
    const path = relative(modules, from);
    if (path === '' || path === '.bin') return path === '';
    if (isForDevelopers(from) || unused.test(path)) return false;
    const [name, ...rest] = path.split('/');
    return isLicence(rest.join('/')) || (only[name]?.test(rest.join('/')) ?? true);
  },
});

/** Licences of packages, also of those inside others. */
const licences = readdirSync(modules, { recursive: true }).filter((path) =>
  isLicence(/^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+\/([^/]+)$/.exec(path)?.[1] ?? ''),
);
if (licences.length === 0) fail('node_modules is empty.');
const lost = licences.filter((path) => !existsSync(join(to, 'node_modules', path)));
if (lost.length > 0) fail(`Left out, but these belong to what is in the image: ${lost.join(' ')}`);
