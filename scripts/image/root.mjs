// Copies what the image runs, and nothing else of the Debian that it is run on: programs, GStreamer's
// plugins, the libraries that these load, and of each package that one of them is from, its licence and
// its entry for what scans images for known flaws.
//   node scripts/image/root.mjs FOLDER
// What is below FOLDER already is read for the libraries that it needs, too.
// PLUGINS in the environment: names of further plugins (soup, pulseaudio), or `all` that are installed.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** GStreamer's plugins that the documented pipelines are made of, by what they are for. */
const PLUGINS = {
  'the pipeline itself, files and pipes': 'coreelements typefindfunctions playback app debug',
  'test pictures and sounds': 'videotestsrc audiotestsrc',
  'network cameras': 'rtsp rtpmanager rtp udp tcp',
  'cameras of the machine': 'video4linux2',
  'pictures: JPEG, formats, sizes, rates, turning':
    'jpeg videoconvertscale videorate videofilter videocrop rawparse multipart multifile',
  'H.264 and H.265': 'x264 videoparsersbad',
  'sound: formats, AAC, G.711':
    'audioconvert audioresample audiorate audioparsers alaw mulaw volume level wavparse',
  'containers of media': 'isomp4 matroska flv avi',
};

const PROGRAMS = ['gst-launch-1.0', 'gst-inspect-1.0', 'tini', 'busybox'].map(
  (name) => `/usr/bin/${name}`,
);

/** What busybox is called in the image: enough to start with and to look around. */
const TOOLS = words([
  'sh cat chown date env find grep head id install kill ln ls mkdir ps rm sleep stat tail test touch tr',
]);

/** Files of the system that are read by their names. */
const READ = [
  ...['/etc/debian_version', '/etc/nsswitch.conf', '/etc/os-release', '/etc/passwd', '/etc/group'],
  ...['/etc/gai.conf', '/etc/ssl/certs/ca-certificates.crt'],
];
/** Where what scans images finds packages that dpkg did not install. */
const STATUS = '/var/lib/dpkg/status.d';
/** Packages of which nothing but such a file is taken. */
const READ_OF = ['base-files', 'ca-certificates'];

const [, , given] = process.argv;
if (given === undefined) throw new Error('root.mjs FOLDER: where to?');
const to = resolve(given);
const libraries = dirname(realpathSync(find('/usr/lib/*/libgstreamer-1.0.so.0')));

/** The one path that a pattern with one star means. */
function find(pattern) {
  const [before, after] = pattern.split('*');
  const found = readdirSync(before)
    .map((name) => `${before}${name}${after}`)
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`There is no ${pattern}.`);
  return found;
}

function words(texts) {
  return texts.flatMap((text) => text.split(' '));
}

function pluginFiles() {
  const folder = join(libraries, 'gstreamer-1.0');
  const installed = readdirSync(folder).filter((name) => name.endsWith('.so'));
  const more = (process.env.PLUGINS ?? '').split(/[\s,]+/).filter((name) => name !== '');
  const camera = installed.filter((name) => name === 'libgstlibcamera.so');
  const files = more.includes('all')
    ? // The registry has the time at which a folder of gio's was unpacked: each build would be another.
      installed.filter((name) => name !== 'libgstgio.so')
    : [...words(Object.values(PLUGINS)), ...more].map((name) => `libgst${name}.so`).concat(camera);
  for (const name of files) {
    if (existsSync(join(folder, name))) continue;
    throw new Error(`There is no plugin ${name}; there are ${installed.join(' ')}`);
  }
  return files.map((name) => join(folder, name));
}

/** What is loaded by its name when it is needed: TLS, libsoup by its plugin, libcamera's pipelines. */
function loadedByName(plugins) {
  const all = (folder, pattern) =>
    existsSync(folder) ? below(folder).filter((path) => pattern.test(path)) : [];
  const needsSoup = plugins.some((file) => /soup|adaptivedemux2/.test(file));
  return [
    join(libraries, 'gio', 'modules', 'libgiognutls.so'),
    find(`${libraries}/gstreamer1.0/*/gst-plugin-scanner`),
    ...(needsSoup ? [join(libraries, 'libsoup-3.0.so.0')] : []),
    ...all(join(libraries, 'libcamera'), /\.(so|sign)$/),
    ...all(join('/usr/libexec', basename(libraries), 'libcamera'), /_proxy$/),
    ...all('/usr/share/libcamera', /\.(yaml|json)$/),
  ];
}

/** Every file below a folder. */
function below(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function isElf(path) {
  return statSync(path).isFile() && readFileSync(path).subarray(1, 4).toString() === 'ELF';
}

/** The libraries that these need, and those that they need in turn. */
function needed(paths) {
  const said = execFileSync('ldd', paths, { encoding: 'utf8' });
  if (/not found/.test(said)) throw new Error(`Something needs what is not here:\n${said}`);
  return [...said.matchAll(/(?:=> |^[ \t]+)(\/\S+)/gm)].map(([, library]) => library);
}

/** A path as it is once /lib and /bin are folders of /usr. */
function merged(path) {
  return path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/');
}

const copied = new Set();

/** Copies a file, and what it links to. */
function copy(path) {
  const from = merged(path);
  if (copied.has(from)) return;
  copied.add(from);
  const target = join(to, from);
  mkdirSync(dirname(target), { recursive: true });
  const link = lstatSync(from).isSymbolicLink() ? readlinkSync(from) : undefined;
  if (link === undefined) {
    copyFileSync(from, target);
    const { atime, mtime } = statSync(from);
    // A registry of plugins goes by their times.
    utimesSync(target, atime, mtime);
  } else {
    symlinkSync(link, target);
    copy(resolve(dirname(from), link));
  }
}

/** Which package each file is of. */
function owners() {
  const info = '/var/lib/dpkg/info';
  return new Map(
    readdirSync(info)
      .filter((name) => name.endsWith('.list'))
      .flatMap((name) =>
        readFileSync(join(info, name), 'utf8')
          .split('\n')
          .map((path) => [merged(path), name.slice(0, -'.list'.length).replace(/:.*/, '')]),
      ),
  );
}

/** The licence of a package, and what dpkg knows of it. */
function describe(name) {
  const licence = realpathSync(`/usr/share/doc/${name}/copyright`);
  const beside = join(to, 'usr/share/doc', name, 'copyright');
  mkdirSync(dirname(beside), { recursive: true });
  copyFileSync(licence, beside);
  mkdirSync(join(to, STATUS), { recursive: true });
  writeFileSync(join(to, STATUS, name), execFileSync('dpkg-query', ['-s', name]));
}

for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
  if (!existsSync(`/${name}`)) continue;
  mkdirSync(join(to, 'usr', name), { recursive: true });
  symlinkSync(`usr/${name}`, join(to, name));
}
const plugins = pluginFiles();
const own = [...PROGRAMS, ...plugins, ...loadedByName(plugins)];
const readers = [...below(to), ...own].filter(isElf);
for (const path of own) copy(path);
for (const library of needed(readers)) copy(library);
for (const path of READ) if (existsSync(path)) copy(path);
for (const name of TOOLS) symlinkSync('busybox', join(to, 'usr/bin', name));

const owner = owners();
const packages = new Set(READ_OF);
for (const path of copied) if (owner.has(path)) packages.add(owner.get(path));
for (const name of packages) describe(name);
// The copyright files refer to these texts.
const texts = '/usr/share/common-licenses';
for (const name of readdirSync(texts)) copy(join(texts, name));
// Of packages that were unpacked by hand, the Dockerfile keeps both.
for (const path of below(STATUS)) {
  copy(path);
  copy(`/usr/share/doc/${basename(path)}/copyright`);
}
console.log(`${copied.size} files of ${packages.size} packages: ${[...packages].sort().join(' ')}`);
