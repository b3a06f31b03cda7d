// What runs of node_modules, and nothing else: for the image and for the Debian package.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { isLicence } from '../licences.mjs';
import { fail } from './run.mjs';

/** Maps, declarations and documents but licences: of use where code is written, not where it runs. */
export function isForDevelopers(path) {
  if (isLicence(basename(path))) return false;
  return /\.(map|d\.[cm]?ts|[cm]?ts|md|markdown|flow|html|sh)$|\/\.[^/]+$/.test(path);
}

/** Folders of packages that hold no code that runs. */
const unused = /^(@[^/]+\/)?[^/]+\/(docs?|tests?|__tests__|examples?|benchmarks?|\.github)(\/|$)/;

/** Packages of which little is used besides their licence; of nan and node-addon-api it is compiled in. */
const only = {
  // What its `exports` name for an import on Node; the rest is bundles of the same, and the sources.
  mediabunny: /^(dist(\/modules(\/.*)?)?|package\.json)?$/,
  // Without its build for browsers.
  yaml: /^(dist(\/.*)?|package\.json)?$/,
  'gstreamer-superficial': /^(build(\/Release(\/gstreamer-superficial\.node)?)?|package\.json)?$/,
  nan: /^(package\.json)?$/,
  'node-addon-api': /^(package\.json)?$/,
};

/** Copies a node_modules that has production dependencies alone. */
export function copyProductionModules(modules, to) {
  cpSync(modules, to, {
    recursive: true,
    filter: (from) => {
      const path = relative(modules, from);
      if (path === '' || path === '.bin') return path === '';
      if (isForDevelopers(from) || unused.test(path)) return false;
      const [name, ...rest] = path.split('/');
      return isLicence(rest.join('/')) || (only[name]?.test(rest.join('/')) ?? true);
    },
  });
  checkLicences(modules, to);
}

/** Licences of packages, also of those inside others. */
function checkLicences(modules, to) {
  const licences = readdirSync(modules, { recursive: true }).filter((path) =>
    isLicence(/^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+\/([^/]+)$/.exec(path)?.[1] ?? ''),
  );
  if (licences.length === 0) fail('node_modules is empty.');
  const lost = licences.filter((path) => !existsSync(join(to, path)));
  if (lost.length > 0) fail(`Left out, but these belong to what is in it: ${lost.join(' ')}`);
}
