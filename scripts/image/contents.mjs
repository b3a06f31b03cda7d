// What is in an image, so that two of them can be compared: packages and files, without time stamps.
import { dockerWell } from './engine.mjs';

const packagesScript = `
echo "node $(node --version)"
dpkg-query -W -f '\${Package} \${Version} \${Architecture}\\n'
for file in /var/lib/dpkg/status.d/*; do
  echo "$(sed -n -E 's/^(Package|Version|Architecture): //p' "$file" | paste -s -d ' ') (in part)"
done`;

/** All but what the engine puts into each container, each entry ended by a zero byte. */
const filesScript = `
all() {
  find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /.dockerenv \\
    -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf \\) -prune -o "$@"
}
all -printf '%M %U:%G\\t%p\\t%l\\0'
all -type f -exec sha256sum -z {} +`;

/** Runs a script in the image, as root: it can read everything, and changes nothing that is kept. */
function inside(image, architecture, script) {
  const options = ['--rm', '--network=none', `--platform=linux/${architecture}`, '--user=0'];
  return dockerWell(['run', ...options, '--entrypoint=sh', image, '-c', script]);
}

/** Node and every Debian package, with version and architecture, a line each. */
export async function packagesOf(image, architecture) {
  return `${await inside(image, architecture, packagesScript)}\n`;
}

/** Every file with mode, owner and the SHA-256 of what it holds, a line each, sorted by path. */
export async function filesOf(image, architecture) {
  const sums = new Map();
  const entries = [];
  for (const entry of (await inside(image, architecture, filesScript)).split('\0')) {
    const [, sum, summed] = /^([0-9a-f]{64}) [ *](.*)$/s.exec(entry) ?? [];
    if (sum) sums.set(summed, sum);
    else if (entry) entries.push(entry.split('\t'));
  }
  const line = ([mode, path, target]) =>
    [path, mode, target ? `-> ${target}` : sums.get(path)].filter(Boolean).join('  ');
  return `${entries.map(line).sort().join('\n')}\n`;
}

/** The lines that only one of two lists has. */
export function differences(one, other) {
  const [a, b] = [one, other].map((text) => new Set(text.split('\n')));
  return [
    ...[...a].filter((line) => !b.has(line)).map((line) => `- ${line}`),
    ...[...b].filter((line) => !a.has(line)).map((line) => `+ ${line}`),
  ];
}
