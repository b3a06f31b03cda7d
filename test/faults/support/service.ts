import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Behaviours } from '../../../src/local/settings/behaviours.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../../src/local/sigv4/credential-store.ts';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import type { ServiceAddress, TakenKeys } from './service-process.ts';

const PROGRAM = join(packageRoot, 'dist', 'test', 'faults', 'support', 'service-process.js');
const LOCAL_KEY: TakenKeys = {
  [LOCAL_ACCESS_KEY_ID]: { secretAccessKey: LOCAL_SECRET_ACCESS_KEY },
};

/** The local service in a process that can be killed, stopped and started again. */
export class Service {
  readonly #dataDir: string;
  readonly #behaviours: Partial<Behaviours>;
  /** What it is started with, to be in a namespace. */
  readonly #prefix: readonly string[];
  #child: ChildProcess | undefined;
  #address: ServiceAddress | undefined;
  #keys = LOCAL_KEY;

  constructor(dataDir: string, behaviours: Partial<Behaviours>, prefix: readonly string[]) {
    this.#dataDir = dataDir;
    // A fragment that comes twice is stored twice, as in KVS.
    this.#behaviours = { keepDuplicates: true, ...behaviours };
    this.#prefix = prefix;
  }

  get address(): ServiceAddress {
    if (this.#address === undefined) throw new Error('The service was never started.');
    return this.#address;
  }

  /** Starts it; the second time with the ports that it had. */
  async start(): Promise<void> {
    const options = {
      dataDir: this.#dataDir,
      port: this.#address?.port ?? 0,
      tlsPort: this.#address?.tlsPort ?? 0,
      behaviours: this.#behaviours,
      keys: this.#keys,
    };
    const [command = '', ...args] = [
      ...[...this.#prefix, process.execPath],
      ...[PROGRAM, JSON.stringify(options)],
    ];
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    const [address] = await once(child, 'message');
    this.#address = address as ServiceAddress;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** From now on these keys are taken, and no others. */
  takeKeys(keys: TakenKeys): void {
    this.#keys = keys;
    this.#child?.send(keys);
  }
}
