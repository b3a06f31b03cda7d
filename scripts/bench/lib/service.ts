import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What sink-service prints. */
export type ServiceEvent =
  | { event: 'listening'; port: number }
  | { event: 'putMedia'; atMs: number }
  | { event: 'firstByte'; atMs: number }
  | { event: 'end'; atMs: number; bytes: number; latencies: number[] };

/** A sink-service in a process of its own. */
export class SinkService {
  readonly url: string;
  /** PEM file to trust for https. */
  readonly caFile: string;
  readonly events: ServiceEvent[] = [];
  readonly #changed = new EventEmitter();
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, scheme: string, port: number, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.url = `${scheme}://localhost:${port}`;
    this.caFile = join(folder, 'certificate.pem');
  }

  /** Starts a service; `frames` makes it look at every frame (latency), which costs it CPU. */
  static async start(scheme: 'http' | 'https', options: { frames: boolean }): Promise<SinkService> {
    const folder = mkdtempSync(join(tmpdir(), 'kvs-bench-'));
    const certificate = join(folder, 'certificate.pem');
    const key = join(folder, 'key.pem');
    if (scheme === 'https') makeCertificate(certificate, key);
    const script = fileURLToPath(new URL('./sink-service.js', import.meta.url));
    const child = fork(script, [scheme, certificate, key], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, BENCH_FRAMES: options.frames ? '1' : '0' },
    });
    if (child.stdout === null) throw new Error('sink-service has no stdout');
    const lines = createInterface({ input: child.stdout });
    const [first] = (await once(lines, 'line')) as [string];
    const listening = JSON.parse(first) as ServiceEvent;
    if (listening.event !== 'listening') throw new Error(`sink-service said ${first}`);
    const service = new SinkService(child, scheme, listening.port, folder);
    lines.on('line', (line) => {
      service.events.push(JSON.parse(line) as ServiceEvent);
      service.#changed.emit('event');
    });
    return service;
  }

  /** The first event of this kind since `clear`, waiting for it if need be. */
  async next<Kind extends ServiceEvent['event']>(
    kind: Kind,
  ): Promise<Extract<ServiceEvent, { event: Kind }>> {
    for (;;) {
      const found = this.events.find((event) => event.event === kind);
      if (found) return found as Extract<ServiceEvent, { event: Kind }>;
      await once(this.#changed, 'event');
    }
  }

  /** Forgets what was seen. */
  clear(): void {
    this.events.length = 0;
  }

  stop(): void {
    this.#child.disconnect();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function makeCertificate(certificate: string, key: string): void {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  args.push('-nodes', '-days', '2', '-subj', '/CN=localhost');
  args.push('-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key);
  const { status } = spawnSync('openssl', [...args, '-out', certificate], { stdio: 'ignore' });
  if (status !== 0) throw new Error('openssl could not make a certificate');
}
