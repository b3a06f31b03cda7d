// What a command is started with so that it has a network, or names of machines, of its own. Both
// need root, and a kernel that can.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
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

/** What `tc -s qdisc show` says that netem has lost. */
export function lostPackets(statistics: string): number {
  return Number(/\(dropped (\d+),/.exec(statistics)?.[1] ?? 0);
}

/** A network with a loopback device and nothing else. */
export class OwnNetwork implements Disposable {
  static #made = 0;
  readonly #name = `kvs-faults-${process.pid}-${OwnNetwork.#made++}`;
  readonly prefix = ['ip', 'netns', 'exec', this.#name];
  #isWorse = false;
  #lost = 0;

  constructor() {
    tool('ip', ['netns', 'add', this.#name]);
    this.#run('ip', 'link', 'set', 'lo', 'up');
  }

  /** Packets that the network has lost, as the kernel counts them. */
  get lost(): number {
    if (this.#isWorse) {
      this.#lost = lostPackets(this.#run('tc', '-s', 'qdisc', 'show', 'dev', 'lo'));
    }
    return this.#lost;
  }

  /** From now on the network is as netem's options say. */
  worsen(...netem: readonly string[]): void {
    this.#run('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', ...netem);
    this.#isWorse = true;
  }

  heal(): void {
    this.#lost = this.lost;
    this.#isWorse = false;
    this.#run('tc', 'qdisc', 'delete', 'dev', 'lo', 'root');
  }

  #run(command: string, ...args: readonly string[]): string {
    return tool('ip', [...this.prefix.slice(1), command, ...args]);
  }

  [Symbol.dispose](): void {
    tool('ip', ['netns', 'delete', this.#name]);
  }
}

/** The answer that a name server owes for a while: `SERVFAIL` (RFC 1035, 4.1.1). */
const SERVFAIL = 0x8182;
/** The port of DNS, which resolv.conf cannot change. */
const DNS_PORT = 53;

/** The names that a process can resolve: all of them, or none. */
export class OwnNames implements Disposable {
  static #made = 0;
  /** Questions that its name server had no answer to. */
  asked = 0;
  /** Of this run alone: each process, and each run in it, has another address of the loopback device. */
  readonly #address = `127.53.${1 + (process.pid % 254)}.${1 + (OwnNames.#made++ % 254)}`;
  readonly #server = createSocket('udp4', (question, { port, address }) => {
    this.asked += 1;
    question.writeUInt16BE(SERVFAIL, 2);
    this.#server.send(question, port, address);
  });
  readonly #hosts: string;
  readonly prefix: readonly string[];

  constructor(folder: string) {
    this.#hosts = join(folder, 'hosts');
    const resolver = join(folder, 'resolv.conf');
    writeFileSync(resolver, `nameserver ${this.#address}\noptions timeout:1 attempts:1\n`);
    this.#server.bind(DNS_PORT, this.#address);
    this.comeBack();
    const mount = `mount --bind ${this.#hosts} /etc/hosts && mount --bind ${resolver} /etc/resolv.conf && exec "$@"`;
    this.prefix = ['unshare', '--mount', 'sh', '-c', mount, 'sh'];
  }

  goAway(): void {
    writeFileSync(this.#hosts, '');
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }

  comeBack(): void {
    writeFileSync(this.#hosts, '127.0.0.1 localhost\n');
  }
}
