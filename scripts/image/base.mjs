// The base image. Where Docker Hub can be reached it is the real one; elsewhere a stand-in with the
// same layout is made under the same name, from Debian's packages and Node as npm has it.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { enableEmulation } from '../lib/emulation.mjs';
import { has } from '../lib/run.mjs';
import { runWell, undoAtEnd } from './ending.mjs';
import { docker, dockerLater, dockerTry, dockerWell } from './engine.mjs';

/** The suite, and the versions of Node and npm that the stand-in has. */
const SUITE = 'trixie';
const NODE = '24.21.0';
const NPM = '11.21.2';

/** The names that the Dockerfile builds on by default: NODE_IMAGE and BASE_IMAGE. */
const NODE_IMAGE = `node:${NODE.split('.')[0]}-${SUITE}-slim`;
export const BASE_IMAGE = `debian:${SUITE}-slim`;

/** The machine's certificates, without which npm could not speak to a registry behind its own CA. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** The official images have sources in this form: mmdebstrap's are turned into it. */
const debianSources = `#!/bin/sh
set -e
keys=/usr/share/keyrings/debian-archive-keyring
[ -e "$1$keys.pgp" ] && keys=$keys.pgp || keys=$keys.gpg
awk -v keys=$keys '
  /^deb / { if (!($2 in suites)) uris[++n] = $2; suites[$2] = suites[$2] " " $3 }
  END { for (i = 1; i <= n; i++) printf "Types: deb\\nURIs: %s\\nSuites:%s\\nComponents: main\\nSigned-By: %s\\n\\n", uris[i], suites[uris[i]], keys }
' "$1/etc/apt/sources.list" > "$1/etc/apt/sources.list.d/debian.sources"
rm -f "$1/etc/apt/sources.list" "$1/etc/resolv.conf" "$1/etc/hostname"
clean='rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true'
cat > "$1/etc/apt/apt.conf.d/docker-clean" <<END
DPkg::Post-Invoke { "$clean"; };
APT::Update::Post-Invoke { "$clean"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
END
rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*
`;

/** The official image's entry point: what is not a command is an argument of node. */
const entrypoint = `#!/bin/sh
set -e
if [ "\${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ]; then set -- node "$@"; fi
exec "$@"
`;

function dockerfile(base) {
  return `FROM ${base}
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ENV NODE_VERSION=${NODE}
COPY root/ /
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
`;
}

/** As in the official slim images: no documents, but the licence of every package. */
const dpkgOptions = [
  ...['doc', 'man', 'locale'].map((name) => `path-exclude=/usr/share/${name}/*`),
  'path-include=/usr/share/doc/*/copyright',
];

/** Is in the stand-ins' names, so that none is taken which an older version of this file made. */
const recipe = createHash('sha256')
  .update([SUITE, NODE, NPM, debianSources, entrypoint, dockerfile(''), ...dpkgOptions].join('\n'))
  .digest('hex')
  .slice(0, 8);

async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Loads a root file system as an image with the right architecture, which `import` would not. */
async function loadRoot(tarball, architecture, name, folder) {
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['bash'],
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(tarball)}`] },
    history: [{ created_by: 'mmdebstrap' }],
  });
  const id = createHash('sha256').update(config).digest('hex');
  writeFileSync(join(folder, `${id}.json`), config);
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify([{ Config: `${id}.json`, RepoTags: [name], Layers: ['layer.tar'] }]),
  );
  symlinkSync(tarball, join(folder, 'layer.tar'));
  const archive = join(folder, 'image.tar');
  await runWell('tar', ['-C', folder, '-chf', archive, 'manifest.json', `${id}.json`, 'layer.tar']);
  const input = openSync(archive, 'r');
  docker(['load', '-q'], { stdio: [input, 'pipe', 'pipe'] });
  closeSync(input);
}

/** Fetches a package with npm and unpacks what it holds into a folder. */
async function unpackPackage(spec, folder) {
  mkdirSync(folder, { recursive: true });
  const packed = mkdtempSync(join(folder, 'packed-'));
  await runWell('npm', ['pack', '--silent', '--pack-destination', packed, spec]);
  const [tarball] = readdirSync(packed);
  const options = ['--strip-components=1', '--no-same-owner', '-C', folder];
  await runWell('tar', ['xzf', join(packed, tarball), ...options]);
  rmSync(packed, { recursive: true });
}

async function makeStandIn(architecture, folder) {
  const tarball = join(folder, `${SUITE}-${architecture}-${recipe}.tar`);
  const hook = join(folder, 'debian-sources.sh');
  writeFileSync(hook, debianSources, { mode: 0o755 });
  if (!existsSync(tarball)) {
    const unfinished = join(folder, `unfinished-${architecture}.tar`);
    await runWell('mmdebstrap', [
      ...['--quiet', '--variant=minbase', `--architectures=${architecture}`],
      ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
      ...[`--customize-hook=${hook} "$1"`, SUITE, unfinished],
    ]);
    renameSync(unfinished, tarball);
  }
  const build = mkdtempSync(join(folder, 'base-'));
  const removeBuild = undoAtEnd(async () => rmSync(build, { recursive: true, force: true }));
  const base = standIn('debian', architecture);
  await loadRoot(tarball, architecture, base, build);
  rmSync(join(build, 'image.tar'));
  const local = join(build, 'root', 'usr', 'local');
  await unpackPackage(
    `node-linux-${architecture === 'amd64' ? 'x64' : architecture}@${NODE}`,
    local,
  );
  const npm = join(local, 'lib', 'node_modules', 'npm');
  await unpackPackage(`npm@${NPM}`, npm);
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
  }
  for (const name of ['npm', 'npx']) chmodSync(join(npm, 'bin', `${name}-cli.js`), 0o755);
  rmSync(join(local, 'share'), { recursive: true, force: true });
  writeFileSync(join(local, 'bin', 'docker-entrypoint.sh'), entrypoint, { mode: 0o755 });
  if (existsSync(CERTIFICATES)) {
    mkdirSync(join(local, 'etc'));
    copyFileSync(CERTIFICATES, join(local, 'etc', 'machine-ca.crt'));
    writeFileSync(join(local, 'etc', 'npmrc'), 'cafile=/usr/local/etc/machine-ca.crt\n');
  }
  writeFileSync(join(build, 'Dockerfile'), dockerfile(base));
  const tag = standIn('node', architecture);
  const options = ['-q', '--network=host', `--platform=linux/${architecture}`];
  await dockerWell(['build', ...options, '-t', tag, build]);
  await removeBuild();
}

/** Why there is no base image to build on, or undefined when there is one or it can be made. */
export async function baseMissing(architecture) {
  if (has('mmdebstrap') || !(await pullingFails(architecture))) return undefined;
  return `${NODE_IMAGE} cannot be pulled here, and without mmdebstrap no stand-in can be made`;
}

/** What docker says when the official images cannot be had, or undefined when they are there. */
async function pullingFails(architecture) {
  for (const name of [NODE_IMAGE, BASE_IMAGE]) {
    const pull = ['pull', '-q', `--platform=linux/${architecture}`, name];
    const { status, output } = await dockerLater(pull);
    if (status !== 0) return output.trim().split('\n').at(-1) || `exit code ${status}`;
  }
}

function standIn(name, architecture) {
  return `kvs-launch-base:${name}-${architecture}-${recipe}`;
}

function digest(name) {
  return docker(['image', 'inspect', '-f', '{{join .RepoDigests " "}}', name]).split(' ')[0];
}

/**
 * Makes sure that the names the Dockerfile builds on mean images of this architecture: a tag of the
 * classic image store holds only one. Returns what was taken, and whether these are stand-ins.
 */
export async function provideBase(architecture, folder) {
  enableEmulation(architecture);
  const names = [NODE_IMAGE, BASE_IMAGE];
  const reason = await pullingFails(architecture);
  if (!reason) {
    const digests = names.map((name) => `${name} (${digest(name)})`);
    return { base: digests.join(' and '), isStandIn: false };
  }
  if (!dockerTry(['image', 'inspect', standIn('node', architecture)])) {
    await makeStandIn(architecture, folder);
  }
  docker(['tag', standIn('node', architecture), NODE_IMAGE]);
  docker(['tag', standIn('debian', architecture), BASE_IMAGE]);
  console.log(`The official base images cannot be pulled: ${reason}`);
  const made = `Debian ${SUITE}, Node ${NODE}, npm ${NPM}`;
  return { base: `stand-ins for ${names.join(' and ')}: ${made}`, isStandIn: true };
}
