// What is in an image, so that two of them can be compared: packages and files, without time stamps.
import { dockerWell } from './engine.mjs';

const packagesProgram = `
const { readdirSync, readFileSync } = require('node:fs');
console.log('node ' + process.version);
const folder = '/var/lib/dpkg/status.d/';
for (const name of readdirSync(folder).sort()) {
  const fields = readFileSync(folder + name, 'utf8').split('\\n').map((line) => line.split(': '));
  const { Package, Version, Architecture } = Object.fromEntries(fields);
  console.log([Package, Version, Architecture].join(' '));
}`;

/** All but what the engine puts into each container: a line of JSON each. */
const filesProgram = `
const { createHash } = require('node:crypto');
const { lstatSync, readdirSync, readFileSync, readlinkSync } = require('node:fs');
const left = /^\\/(proc|sys|dev|\\.dockerenv|etc\\/(hosts|hostname|resolv\\.conf))$/;
const walk = (folder) => {
  for (const name of readdirSync(folder)) {
    const path = (folder === '/' ? '' : folder) + '/' + name;
    if (left.test(path)) continue;
    const { mode, uid, gid, size } = lstatSync(path);
    const isFolder = (mode & 0o170000) === 0o040000;
    const isLink = (mode & 0o170000) === 0o120000;
    const isFile = (mode & 0o170000) === 0o100000;
    const holds = isLink
      ? '-> ' + readlinkSync(path)
      : isFile && createHash('sha256').update(readFileSync(path)).digest('hex');
    console.log(JSON.stringify({ path, mode, uid, gid, holds, size: isFile ? size : 0 }));
    if (isFolder) walk(path);
  }
};
walk('/');`;

/** Prints what has no licence beside it, and texts to which a licence refers in vain. */
const licencesProgram = `
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const has = (path) => existsSync(path) && readFileSync(path).length > 0;
const packages = readdirSync('/var/lib/dpkg/status.d');
if (packages.length < 20) console.log('The list of packages is not whole.');
for (const name of packages) {
  const path = '/usr/share/doc/' + name + '/copyright';
  if (!has(path)) console.log('Debian\\'s ' + name);
  const [, common] = /(\\/usr\\/share\\/common-licenses\\/[\\w.-]*\\w)/.exec(readFileSync(path, 'utf8')) ?? [];
  if (common && !has(common)) console.log(common);
}
for (const path of ['/app/LICENSE', '/usr/local/share/doc/node/LICENSE']) if (!has(path)) console.log(path);
const bundled = readFileSync('/app/THIRD-PARTY-LICENSES.md', 'utf8');
for (const name of ['hls.js', 'node-addon-api']) {
  if (!new RegExp('^### ' + name + ' .*[(]', 'm').test(bundled)) console.log(name + ', which is built in');
}
for (const file of readdirSync('/app/node_modules', { recursive: true })) {
  if (!/^(.*\\/node_modules\\/)?(@[^/]+\\/)?[^/]+\\/package.json$/.test(file)) continue;
  const folder = '/app/node_modules/' + file.replace(/[^/]*$/, '');
  if (readdirSync(folder).some((name) => /^(licen[cs]e|copying)/i.test(name))) continue;
  if (JSON.parse(readFileSync('/app/node_modules/' + file)).license !== 'Apache-2.0') console.log(folder);
}`;

/** Runs a program in the image, as root: it can read everything, and changes nothing that is kept. */
function inside(image, architecture, program) {
  const options = ['--rm', '--network=none', `--platform=linux/${architecture}`, '--user=0'];
  return dockerWell(['run', ...options, '--entrypoint=node', image, '-e', program]);
}

/** Node and every Debian package of which something is in the image, with version and architecture. */
export async function packagesOf(image, architecture) {
  return `${await inside(image, architecture, packagesProgram)}\n`;
}

/** A line for each thing in the image that has no licence beside it; '' when there is none. */
export function licencesMissingIn(image, architecture) {
  return inside(image, architecture, licencesProgram);
}

async function entriesOf(image, architecture) {
  const lines = await inside(image, architecture, filesProgram);
  return lines.split('\n').map((line) => JSON.parse(line));
}

/** Every file with mode, owner and the SHA-256 of what it holds, a line each, sorted by path. */
export async function filesOf(image, architecture) {
  const line = ({ path, mode, uid, gid, holds }) =>
    [path, `${mode.toString(8)} ${uid}:${gid}`, ...(holds ? [holds] : [])].join('  ');
  return `${(await entriesOf(image, architecture)).map(line).sort().join('\n')}\n`;
}

/** What the image is made of, by the first pattern that a path matches. */
const PARTS = [
  ['Node', /^\/usr\/local\//],
  ['kvs-launch', /^\/app\//],
  ["GStreamer's plugins", /\/gstreamer-1\.0\//],
  ["GStreamer's libraries and programs", /\/libgst[^/]*$|\/gst-[^/]*$/],
  ['other libraries', /\/lib\//],
  ['programs', /\/bin\//],
  ['licences, certificates and the rest', /^/],
];

/** How many bytes each part of the image has. */
export async function weightsOf(image, architecture) {
  const weights = new Map(PARTS.map(([name]) => [name, 0]));
  for (const { path, size } of await entriesOf(image, architecture)) {
    const [name] = PARTS.find(([, pattern]) => pattern.test(path));
    weights.set(name, weights.get(name) + size);
  }
  return weights;
}

/** The lines that only one of two lists has. */
export function differences(one, other) {
  const [a, b] = [one, other].map((text) => new Set(text.split('\n')));
  return [
    ...[...a].filter((line) => !b.has(line)).map((line) => `- ${line}`),
    ...[...b].filter((line) => !a.has(line)).map((line) => `+ ${line}`),
  ];
}
