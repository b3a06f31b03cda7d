// The texts that a Debian package consists of beside its files.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { publicAddress } from '../lib/public-address.mjs';
import { fail, root } from '../lib/run.mjs';
import { OLDEST } from '../lib/system-needs.mjs';

/** Whom the units run as; made by postinst, and gone with purge. */
export const USER = '_kvs-launch';

/** What the binaries ask of a system, as scripts/prebuild.mjs checks it; and the core. */
const DEPENDS = [
  'adduser',
  'libc6 (>= 2.31)',
  'libgcc-s1',
  // Debian 13 has another name for it, for the sake of other architectures.
  `libglib2.0-0 (>= ${OLDEST.glib}) | libglib2.0-0t64`,
  `libgstreamer1.0-0 (>= ${OLDEST.gstreamer})`,
  'libstdc++6 (>= 10)',
  'nodejs (>= 20.19)',
];
/** What the documented pipelines consist of. */
const RECOMMENDS = [
  'ca-certificates',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-ugly',
  'gstreamer1.0-tools',
];

function maintainer() {
  const { DEBFULLNAME, DEBEMAIL } = process.env;
  return `${DEBFULLNAME || 'kvs-launch maintainers'} <${DEBEMAIL || 'maintainers@kvs-launch.dev'}>`;
}

function homepage() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  try {
    return `Homepage: ${publicAddress(manifest)}\n`;
  } catch {
    return '';
  }
}

/** @param kilobytes what the files take when they are installed. */
export function control(name, version, architecture, kilobytes) {
  return `Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer()}
Installed-Size: ${kilobytes}
Depends: ${DEPENDS.join(', ')}
Recommends: ${RECOMMENDS.join(', ')}
Section: video
Priority: optional
${homepage()}Description: GStreamer element that sends to Amazon Kinesis Video Streams
 This package contains kvssink, a GStreamer element that sends video and audio
 to Amazon Kinesis Video Streams, and the command kvs-launch, which streams
 pipelines, cameras and files, reads streams back, and serves as a local Kinesis
 Video Streams for development and tests.
 .
 Nothing has to be set for GStreamer to find the element. The producer runs as a
 process of Node.js, which the element starts.
`;
}

/** A changelog as Debian's tools read it; what changed is in changelog.gz. */
export function changelog(name, version, date) {
  const day = date.toUTCString().replace(/GMT$/, '+0000');
  return `${name} (${version}) unstable; urgency=medium

  * Release of the version ${version.replace(/-\d+$/, '')}: changelog.gz says what is new.

 -- ${maintainer()}  ${day}
`;
}

/** @param core the folder that holds node_modules. */
export function copyright(core) {
  const header = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: kvs-launch

Files: *
Copyright: kvs-launch contributors
License: Apache-2.0
`;
  const stanzas = packages(join(core, 'node_modules')).map(
    ({ path, holder, licence }) =>
      `Files: ${relative(core, path)}/*\nCopyright: ${holder}\nLicense: ${licence}\n`,
  );
  return `${[header, ...stanzas].join('\n')}
License: Apache-2.0
 On Debian systems, the text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.

License: MIT
 ${textOf('MIT', core)}

License: ISC
 ${textOf('ISC', core)}

License: BSD-3-Clause
 ${textOf('BSD-3-Clause', core)}

License: 0BSD
 ${textOf('0BSD', core)}

License: MPL-2.0
 On Debian systems, the text of the Mozilla Public License 2.0 is in
 /usr/share/common-licenses/MPL-2.0.
`;
}

/** Every package below a node_modules, with who has the rights. */
function packages(modules) {
  return readdirSync(modules, { recursive: true })
    .filter((path) => /^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/@]+\/package\.json$/.test(path))
    .sort()
    .map((path) => {
      const folder = join(modules, path, '..');
      const { name, license, author } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8'),
      );
      if (typeof license !== 'string') fail(`${name} does not say its licence.`);
      const text = licenceText(folder);
      const line = /^\W*(?:copyright|\(c\))\s+(.*\w.*)$/im.exec(text)?.[1];
      const by = typeof author === 'string' ? author : author?.name;
      return {
        path: folder,
        holder: (line ?? by ?? `the authors of ${name}`).trim(),
        licence: license,
      };
    });
}

function licenceText(folder) {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  return file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
}

/** A licence as the first package has it that is under it, without its own copyright line. */
function textOf(licence, core) {
  const one = packages(join(core, 'node_modules')).find(
    (each) => each.licence === licence && licenceText(each.path) !== '',
  );
  if (one === undefined) return 'No part of this package is under it.';
  return licenceText(one.path)
    .trim()
    .split('\n')
    .filter((line) => !/^\W*copyright \(c\)/i.test(line))
    .map((line) => (line.trim() === '' ? '.' : line.trimEnd()))
    .join('\n ');
}

/** The sums that dpkg --verify looks at. */
export function md5sums(tree) {
  const lines = readdirSync(tree, { recursive: true })
    .map(String)
    .filter((path) => !path.startsWith('DEBIAN') && lstatSync(join(tree, path)).isFile())
    .sort()
    .map((path) => {
      const sum = createHash('md5')
        .update(readFileSync(join(tree, path)))
        .digest('hex');
      return `${sum}  ${path}\n`;
    });
  if (lines.length === 0 || !existsSync(join(tree, 'usr'))) fail(`${tree} is empty.`);
  return lines.join('');
}
