// The Debian packages that the project needs, and getting them there.
import { spawnSync } from 'node:child_process';
import { fail, has, run } from './run.mjs';

/** What each of README's commands needs beside Node, npm and git. */
export const packageGroups = {
  build: [
    'g++',
    'make',
    'python3',
    'pkg-config',
    'libgstreamer1.0-dev',
    'libgstreamer-plugins-base1.0-dev',
  ],
  run: [
    'ca-certificates',
    'openssl',
    'gstreamer1.0-tools',
    'gstreamer1.0-plugins-base',
    'gstreamer1.0-plugins-good',
    'gstreamer1.0-plugins-bad',
    'gstreamer1.0-plugins-ugly',
    // timeoverlay, for the demo.
    'gstreamer1.0-x',
  ],
  test: [
    'clang-format',
    'chromium',
    'ffmpeg',
    'fish',
    'gdb',
    'gir1.2-gst-plugins-base-1.0',
    'gir1.2-gst-rtsp-server-1.0',
    'gir1.2-gstreamer-1.0',
    'gstreamer1.0-libav',
    'gstreamer1.0-rtsp',
    'mandoc',
    'mkvtoolnix',
    'python3-boto3',
    'python3-gi',
    'python3-prometheus-client',
    'tmux',
    'valgrind',
    'zsh',
  ],
};

function missingPackages(names) {
  const query = spawnSync(
    'dpkg-query',
    ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names],
    {
      encoding: 'utf8',
    },
  );
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/** How this user may call apt-get; undefined when neither root nor able to become it. */
function aptPrefix() {
  if (process.getuid() === 0) return [];
  if (!has('sudo')) return undefined;
  // Without a terminal sudo could not ask for a password: only use it when it need not.
  const free = spawnSync('sudo', ['-n', 'true']).status === 0;
  return free || process.stdin.isTTY ? ['sudo'] : undefined;
}

/** Installs the packages of these groups that are missing, or says exactly what to install. */
export function ensureSystemPackages(groups) {
  const names = groups.flatMap((group) => packageGroups[group]);
  if (!has('dpkg-query') || !has('apt-get')) {
    console.error(
      'This is not a Debian system, so nothing was installed. What is needed has these names on\n' +
        `Debian 12 and 13; install what your system calls the same:\n  ${names.join(' ')}`,
    );
    return;
  }
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  const prefix = aptPrefix();
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  if (prefix === undefined) {
    fail(
      'System packages are missing, and without root or sudo they cannot be installed from here.\n' +
        `Ask someone who may to run:\n\n  apt-get update && ${install.join(' ')}\n\nThen run the same command again.`,
    );
  }
  console.log(`Installing system packages: ${missing.join(' ')}`);
  const [first, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  run(first, [...rest, 'update', '-qq']);
  run(first, [...rest, '-qq', ...install.slice(1)], { stdio: ['ignore', 'ignore', 'inherit'] });
}
