import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipelineEnvironment } from '../../e2e/support/run.ts';
import { FaultProxy } from '../../putmedia/support/fault-proxy.ts';
import type { Fault, Mode } from './fault.ts';
import { Front } from './front.ts';
import { OwnNames, OwnNetwork } from './namespaces.ts';
import { launchLine, Pipeline, type References } from './pipeline.ts';
import { Service } from './service.ts';

/**
 * Everything that one run needs. The pipeline speaks to `network` (TCP), that to `front` (HTTP), and
 * that to the service; over TLS the network leads to the service at once.
 */
export class Stage implements AsyncDisposable {
  /** Of this run alone; gone afterwards. */
  readonly folder = mkdtempSync(join(tmpdir(), 'kvs-faults-'));
  readonly dataDir = join(this.folder, 'service');
  readonly references: References = {
    video: join(this.folder, 'video.mkv'),
    audio: join(this.folder, 'audio.mkv'),
  };
  readonly network = new FaultProxy();
  readonly front = new Front();
  readonly service: Service;
  readonly names: OwnNames | undefined;
  readonly ownNetwork: OwnNetwork | undefined;
  /** Sessions that were open when the fault struck. */
  sessionsAtStrike = 0;
  /** What a row counts by itself. */
  strikes = 0;
  readonly #fault: Fault;
  #pipeline: Pipeline | undefined;
  readonly #undo: (() => Promise<void> | void)[] = [];

  private constructor(fault: Fault) {
    this.#fault = fault;
    mkdirSync(this.dataDir);
    this.ownNetwork = fault.hasOwnNetwork ? new OwnNetwork() : undefined;
    this.names = fault.hasOwnNames ? new OwnNames(this.folder) : undefined;
    this.service = new Service(this.dataDir, fault.behaviours ?? {}, this.ownNetwork?.prefix ?? []);
  }

  /** A service that is there, and a way to it that works. */
  static async make(fault: Fault): Promise<Stage> {
    const stage = new Stage(fault);
    await fault.arrange?.(stage);
    await stage.service.start();
    const { port, tlsPort } = stage.service.address;
    await stage.front.listen(port);
    await stage.network.listen(fault.isTls ? tlsPort : stage.front.port);
    return stage;
  }

  get pipeline(): Pipeline {
    if (this.#pipeline === undefined) throw new Error('The pipeline is not started yet.');
    return this.#pipeline;
  }

  startPipeline(mode: Mode): Pipeline {
    const { isTls, environment, properties = '' } = this.#fault;
    const { port: servicePort, caFile } = this.service.address;
    const port = this.ownNetwork === undefined ? this.network.port : servicePort;
    const env = pipelineEnvironment(`${isTls ? 'https' : 'http'}://localhost:${port}`, {
      ...(isTls ? { KVSSINK_CA_CERT_PATH: caFile } : {}),
      ...environment?.(this),
    });
    const prefix = this.ownNetwork?.prefix ?? this.names?.prefix ?? [];
    const line = launchLine(mode, this.references, `${properties} ${this.extraProperties}`);
    this.#pipeline = new Pipeline(prefix, line, env);
    return this.#pipeline;
  }

  /** Of kvssink, with paths of this run. */
  extraProperties = '';

  /** What is to be taken back after the run. */
  afterwards(undo: () => Promise<void> | void): void {
    this.#undo.push(undo);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network[Symbol.asyncDispose]();
    await this.front[Symbol.asyncDispose]();
    await this.service.kill();
    for (const undo of this.#undo.toReversed()) await undo();
    this.ownNetwork?.[Symbol.dispose]();
    this.names?.[Symbol.dispose]();
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}
