// A registry of plugins of our own. The user's cache may hold a plugin that could not be loaded once
// (GStreamer never tries it again), or name files that are gone.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail, has, root } from './run.mjs';

/** What the demo and the tests make their pipelines of, by Debian package. */
export const elementGroups = {
  run: {
    'gstreamer1.0-plugins-base': ['videoconvert', 'videotestsrc'],
    'gstreamer1.0-x': ['timeoverlay'],
    'gstreamer1.0-plugins-bad': ['h264parse'],
    'gstreamer1.0-plugins-ugly': ['x264enc'],
  },
  test: {
    'gstreamer1.0-plugins-base': ['audioresample', 'opusenc', 'parsebin', 'theoraenc'],
    'gstreamer1.0-plugins-good': [
      'aacparse',
      'alawenc',
      'avidemux',
      'flvdemux',
      'flvmux',
      'jpegenc',
      'matroskademux',
      'matroskamux',
      'mp4mux',
      'multifilesrc',
      'qtdemux',
      'rtph264depay',
      'rtspsrc',
      'souphttpsrc',
      'splitmuxsink',
      'vp8enc',
    ],
    'gstreamer1.0-plugins-bad': [
      'h265parse',
      'hlsdemux',
      'mpegtsmux',
      'openh264enc',
      'tsdemux',
      'voaacenc',
      'x265enc',
    ],
    'gstreamer1.0-libav': ['avdec_h264', 'avdec_h265', 'avenc_aac'],
  },
};

/** Neither a path of plugins nor a registry that the caller's shell names. */
function ownEnvironment(registry) {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('GST_'));
  return { ...Object.fromEntries(env), GST_REGISTRY: registry };
}

/** What GStreamer says of plugins that it could not load while it made the registry. */
function warningsOf(stderr) {
  return stderr
    .split('\n')
    .filter((line) => line.includes('Failed to load plugin'))
    .map((line) => `  ${line.slice(line.indexOf('Failed to load plugin'))}`);
}

/**
 * Makes the registry anew, and looks whether the elements of these groups are in it. One that is
 * not ends the script, with GStreamer's reason.
 * @returns its path, for GST_REGISTRY.
 */
export function freshRegistry(groups, folder = join(root, 'build', 'gstreamer-registry')) {
  if (!has('gst-inspect-1.0')) {
    fail('gst-inspect-1.0 is missing: apt-get install gstreamer1.0-tools');
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const registry = join(folder, 'registry.bin');
  const options = { encoding: 'utf8', env: ownEnvironment(registry) };
  const scan = spawnSync('gst-inspect-1.0', ['--print-blacklist'], options);
  const missing = groups
    .flatMap((group) => Object.entries(elementGroups[group]))
    .flatMap(([debianPackage, elements]) => elements.map((name) => ({ name, debianPackage })))
    .filter(({ name }) => spawnSync('gst-inspect-1.0', ['--exists', name], options).status !== 0);
  if (missing.length > 0) {
    const reasons = warningsOf(scan.stderr);
    fail(
      [
        'GStreamer has no',
        ...missing.map(({ name, debianPackage }) => `  ${name} (${debianPackage})`),
        ...(reasons.length > 0 ? ['It says:', ...reasons] : ['Their packages may be incomplete.']),
        'Install the packages again (apt-get install --reinstall …), and run the same command.',
      ].join('\n'),
    );
  }
  return registry;
}
