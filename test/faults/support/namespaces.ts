// What a command is started with so that it has a network, or names of machines, of its own. Both
// need root, and a kernel that can.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../../e2e/support/tools.ts';

/** @returns why a command fails, or nothing. */
function failureOf(command: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `status ${status}`);
}

const NETEM_TRIAL = 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms';
/** @returns why packets cannot be lost and delayed on this machine, or nothing. */
export function missingNetem(): string | undefined {
  return failureOf('unshare', ['--net', 'sh', '-c', NETEM_TRIAL]);
}
/** @returns why a process cannot have files of its own in place of the machine's, or nothing. */
export function missingMounts(): string | undefined {
  return failureOf('unshare', ['--mount', 'true']);
}

/** A network with a loopback device and nothing else. */
export class OwnNetwork implements Disposable {
  static #made = 0;
  readonly #name = `kvs-faults-${process.pid}-${OwnNetwork.#made++}`;
  readonly prefix = ['ip', 'netns', 'exec', this.#name];

  constructor() {
    tool('ip', ['netns', 'add', this.#name]);
    this.run('ip', 'link', 'set', 'lo', 'up');
  }

  run(command: string, ...args: readonly string[]): void {
    tool('ip', [...this.prefix.slice(1), command, ...args]);
  }

  [Symbol.dispose](): void {
    tool('ip', ['netns', 'delete', this.#name]);
  }
}

/** The names that a process can resolve: all of them, or none. */
export class OwnNames {
  readonly #hosts: string;
  readonly prefix: readonly string[];

  constructor(folder: string) {
    this.#hosts = join(folder, 'hosts');
    const resolver = join(folder, 'resolv.conf');
    // Nobody answers there, and that is soon known.
    writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    this.comeBack();
    const mount = `mount --bind ${this.#hosts} /etc/hosts && mount --bind ${resolver} /etc/resolv.conf && exec "$@"`;
    this.prefix = ['unshare', '--mount', 'sh', '-c', mount, 'sh'];
  }

  goAway(): void {
    writeFileSync(this.#hosts, '');
  }

  comeBack(): void {
    writeFileSync(this.#hosts, '127.0.0.1 localhost\n');
  }
}
