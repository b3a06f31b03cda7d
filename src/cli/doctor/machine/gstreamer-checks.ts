import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gstreamerAdvice } from '../../../host/native/install-advice.ts';
import { findNativeFiles } from '../../../host/native/native-files.ts';
import { noexecAdvice } from '../../../host/native/noexec-mount.ts';
import { findProgram } from '../../../runtime/find-program.ts';
import { homeFolder } from '../../../runtime/home-folder.ts';
import type { PackageIndex } from '../../launch/apt-lists.ts';
import { debianPackageOf } from '../../launch/debian-packages.ts';
import { type ProgramResult, runProgram } from '../../process/run-program.ts';
import { about, type Check, type Finding } from '../findings/finding.ts';

const OLDEST: readonly [major: number, minor: number] = [1, 18];

const INSPECT_MS = 10_000;

/** The first run after an installation loads every plugin there is: a minute on a small board. */
const SCAN_MS = 90_000;

/** A small board reads apt's lists within 20 s. */
const LISTS_MS = 35_000;

/** What the pipelines of the documentation are made of, whichever camera and encoder they have. */
const WANTED: readonly string[] = [
  ...['h264parse', 'h265parse', 'aacparse', 'videoconvert', 'videotestsrc', 'queue'],
  ...['v4l2src', 'rtspsrc', 'rtph264depay', 'qtdemux', 'matroskademux', 'decodebin'],
];

/**
 * What `gst-inspect-1.0 --version` prints. It writes the registry where there is none; whatever else
 * loads GStreamer waits for that instead of doing the same.
 */
export function inspectVersion(env: NodeJS.ProcessEnv): Promise<ProgramResult> {
  return runProgram('gst-inspect-1.0', ['--version'], { timeoutMs: SCAN_MS, env });
}

/**
 * The looks at GStreamer's installation. All of them are skipped where there is none.
 * @param version what `inspectVersion` gave.
 */
export function gstreamerChecks(
  version: ProgramResult,
  lists: AptLists,
  env: NodeJS.ProcessEnv,
): readonly Check[] {
  const inspect: Inspect = (args, more = {}) =>
    runProgram('gst-inspect-1.0', args, { timeoutMs: INSPECT_MS, env: { ...env, ...more } });
  const isThere = findProgram('gst-inspect-1.0') !== undefined;
  const checks = [
    { ...VERSION, look: async () => versionFinding(version) },
    {
      ...ELEMENTS,
      limitMs: LISTS_MS,
      look: async () => elementsFinding(await list(inspect), lists),
    },
    { ...BLACKLIST, look: async () => blacklistFinding(await inspect(['-b']), env) },
    { ...KVSSINK, look: () => kvssinkFinding(inspect, env) },
  ];
  if (isThere) return checks;
  return checks.map(({ check, symptom }, index) => ({
    check,
    symptom,
    look: async () =>
      index === 0 ? MISSING : about(check, symptom).skipped('GStreamer is not installed.'),
  }));
}

/** Reads apt's lists once, if they are wanted at all. */
export type AptLists = () => Promise<PackageIndex>;

type Inspect = (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<ProgramResult>;

const VERSION = about('GStreamer', 'gstreamer-is-missing-or-too-old');
const ELEMENTS = about('elements', 'no-element-or-the-wrong-kvssink');
const BLACKLIST = about('plugins', 'a-plugin-is-installed-but-gstreamer-does-not-find-it');
const KVSSINK = about('kvssink', 'no-element-or-the-wrong-kvssink');

const MISSING: Finding = VERSION.problem(
  'gst-inspect-1.0 is not in PATH: GStreamer, or its tools, are not installed.',
  gstreamerAdvice(),
);

/** What `gst-inspect-1.0 --version` says. */
export function versionFinding({ stdout, stderr, timedOut }: ProgramResult): Finding {
  const [, version = '', major = '', minor = ''] = /GStreamer ((\d+)\.(\d+)\S*)/.exec(stdout) ?? [];
  if (version === '') {
    const why = timedOut ? 'it did not end' : stderr.trim().split('\n')[0] || 'it says nothing';
    return VERSION.problem(
      `gst-inspect-1.0 does not run: ${why}.`,
      'sudo apt-get install --reinstall gstreamer1.0-tools libgstreamer1.0-0',
    );
  }
  const isOld = Number(major) * 1000 + Number(minor) < OLDEST[0] * 1000 + OLDEST[1];
  if (!isOld) return VERSION.ok(version);
  return VERSION.problem(
    `${version} is older than ${OLDEST.join('.')}, for which the binaries are made.`,
    'npx kvs-launch build-native',
  );
}

/** Every element that GStreamer has. */
async function list(inspect: Inspect): Promise<ReadonlySet<string>> {
  const { stdout } = await inspect([]);
  return new Set([...stdout.matchAll(/^\S+: {2}(\S+?):/gm)].map(([, name = '']) => name));
}

/** What is missing of the elements that most pipelines have. */
export async function elementsFinding(
  elements: ReadonlySet<string>,
  lists: AptLists,
): Promise<Finding> {
  const missing = WANTED.filter((name) => !elements.has(name));
  if (missing.length === 0) return ELEMENTS.ok(`All that are usual, of ${elements.size}.`);
  const index = await lists();
  const packages = missing.map((name) => debianPackageOf({ kind: 'element', name }, index));
  const named = [...new Set(packages.filter((name) => name !== undefined))];
  return ELEMENTS.warning(
    `There is no ${missing.join(', ')}.`,
    named.length === 0
      ? 'Install the GStreamer plugins of your distribution.'
      : `sudo apt-get install ${named.join(' ')}`,
  );
}

/** What `gst-inspect-1.0 -b` lists: files that could not be loaded once, and are not tried again. */
export function blacklistFinding({ stdout }: ProgramResult, env: NodeJS.ProcessEnv): Finding {
  const files = [...stdout.matchAll(/^ +(.+\.so\S*)/gm)].map(([, file = '']) => file);
  if (files.length === 0) return BLACKLIST.ok('None is blacklisted.');
  return BLACKLIST.problem(
    `GStreamer has blacklisted ${files.join(', ')}: ${files.length === 1 ? 'it' : 'they'} could not be ` +
      'loaded once, and will not be tried again.',
    `rm -f ${registryFile(env)}\n` +
      'If it comes back, a library is missing, which ldd names for the plugin’s file, or its file system ' +
      'is mounted noexec.',
  );
}

/** The cache that GStreamer reads instead of its plugins. */
function registryFile(env: NodeJS.ProcessEnv): string {
  const named = env['GST_REGISTRY_1_0'] || env['GST_REGISTRY'];
  if (named) return named;
  const cache = env['XDG_CACHE_HOME'] || join(homeFolder(env), '.cache');
  return join(cache, 'gstreamer-1.0', 'registry.*.bin');
}

/** Whether our element loads, and whether gst-launch-1.0 would take another one. */
async function kvssinkFinding(inspect: Inspect, env: NodeJS.ProcessEnv): Promise<Finding> {
  const { pluginFolder } = findNativeFiles();
  const before = env['GST_PLUGIN_PATH'];
  const path = before ? `${pluginFolder}:${before}` : pluginFolder;
  const [ours, plain] = [
    await inspect(['kvssink'], { GST_PLUGIN_PATH: path }),
    await inspect(['kvssink']),
  ];
  return elementFinding({ pluginFolder, ours, plain });
}

/** `ours`: with our folder in front of all; `plain`: in the environment as it is. */
export function elementFinding(seen: {
  pluginFolder: string;
  ours: ProgramResult;
  plain: ProgramResult;
}): Finding {
  const { pluginFolder, ours, plain } = seen;
  const loaded = fileOf(ours);
  if (loaded === undefined) {
    const why = ours.stderr.trim().split('\n').at(-1) || 'gst-inspect-1.0 does not find it';
    return KVSSINK.problem(
      `The kvssink in ${pluginFolder} does not load: ${why}.`,
      noexecAdvice(pluginFolder) ?? 'npx kvs-launch build-native',
    );
  }
  const found = fileOf(plain);
  const isElsewhere = found !== undefined && real(dirname(found)) !== real(pluginFolder);
  if (real(dirname(loaded)) !== real(pluginFolder) || isElsewhere) {
    return KVSSINK.warning(
      `gst-launch-1.0 takes another kvssink, ${isElsewhere ? found : loaded}; kvs-launch takes ${pluginFolder}.`,
      'export GST_PLUGIN_PATH=$(kvs-launch --plugin-path):$GST_PLUGIN_PATH',
    );
  }
  return KVSSINK.ok(
    found === undefined
      ? `It loads from ${pluginFolder}; for gst-launch-1.0: export GST_PLUGIN_PATH=$(kvs-launch --plugin-path).`
      : `It loads from ${pluginFolder}.`,
  );
}

function fileOf({ stdout }: ProgramResult): string | undefined {
  return /^ *Filename +(.+?) *$/m.exec(stdout)?.[1];
}

/** Debian has GStreamer look in /lib, which is /usr/lib. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
