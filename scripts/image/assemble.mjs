// Copies what runs, and nothing else, out of a built and pruned working copy: for the image.
//   node scripts/image/assemble.mjs FOLDER
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fail, root } from '../lib/run.mjs';

const to = process.argv[2];
if (!to) fail('assemble.mjs FOLDER: where to?');

const kept = [
  'package.json',
  'LICENSE',
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
    filter: (from) => !isForDevelopers(from),
  });
}

/** Maps, declarations and documents: of use where code is written, not where it runs. */
function isForDevelopers(path) {
  return /\.(map|d\.[cm]?ts|[cm]?ts|md|markdown|flow)$|\/\.[^/]+$/.test(path);
}

/** Folders of packages that hold no code that runs. */
const unused = /^(@[^/]+\/)?[^/]+\/(docs?|tests?|__tests__|examples?|benchmarks?|\.github)(\/|$)/;

/** Packages of which little is used. */
const only = {
  'hls.js': /^(dist(\/hls\.min\.js)?|package\.json|LICENSE)?$/,
  'gstreamer-superficial':
    /^(build(\/Release(\/gstreamer-superficial\.node)?)?|package\.json|LICENSE)?$/,
  'node-gyp': /^$/,
  nan: /^$/,
  'node-addon-api': /^$/,
};

const modules = join(root, 'node_modules');
cpSync(modules, join(to, 'node_modules'), {
  recursive: true,
  filter: (from) => {
    const path = relative(modules, from);
    if (path === '' || path === '.bin') return path === '';
    if (isForDevelopers(from) || unused.test(path)) return false;
    const [name, ...rest] = path.split('/');
    return only[name]?.test(rest.join('/')) ?? true;
  },
});
if (readdirSync(join(to, 'node_modules')).length === 0) fail('node_modules is empty.');
