import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipelineEnvironment } from '../../e2e/support/run.ts';
import { FaultProxy } from '../../putmedia/support/fault-proxy.ts';
import { copyBacklog } from './backlog.ts';
import type { Fault, Mode } from './fault.ts';
import { Front } from './front.ts';
import { OwnNames, OwnNetwork } from './namespaces.ts';
import { backFill, launchLine, Pipeline, type References } from './pipeline.ts';
import { Service } from './service.ts';

/**
 * Everything that one run needs. The pipeline speaks to `network` (TCP), that to `front` (HTTP), and
 * that to the service; over TLS the network leads to the service at once.
 */
export class Stage implements AsyncDisposable {
  /** Of this run alone; gone afterwards. */
  readonly folder = mkdtempSync(join(tmpdir(), 'kvs-faults-'));
  readonly dataDir = join(this.folder, 'service');
  readonly spool = join(this.folder, 'spool');
  readonly #references: References = {
    video: join(this.folder, 'video.mkv'),
    audio: join(this.folder, 'audio.mkv'),
  };
  readonly #mode: Mode;
  /** With the frames that were in the spool at the start. */
  #earlier: string | undefined;
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

  private constructor(fault: Fault, mode: Mode) {
    this.#fault = fault;
    this.#mode = mode;
    mkdirSync(this.dataDir);
    this.ownNetwork = fault.hasOwnNetwork ? new OwnNetwork() : undefined;
    this.names = fault.hasOwnNames ? new OwnNames(this.folder) : undefined;
    this.service = new Service(this.dataDir, fault.behaviours ?? {}, this.ownNetwork?.prefix ?? []);
  }

  /** A service that is there, and a way to it that works. */
  static async make(fault: Fault, mode: Mode): Promise<Stage> {
    const stage = new Stage(fault, mode);
    if (mode === 'back-fill') stage.#earlier = await copyBacklog(stage.spool);
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

  /** Files with the frames that are to be stored, as far as there are any. */
  get references(): string[] {
    const { video, audio } = this.#references;
    return [video, audio, this.#earlier ?? ''].filter((path) => existsSync(path));
  }

  startPipeline(): Pipeline {
    const { isTls, environment, properties = '' } = this.#fault;
    const { port: servicePort, caFile } = this.service.address;
    const port = this.ownNetwork === undefined ? this.network.port : servicePort;
    const env = pipelineEnvironment(`${isTls ? 'https' : 'http'}://localhost:${port}`, {
      ...(isTls ? { KVSSINK_CA_CERT_PATH: caFile } : {}),
      ...environment?.(this),
    });
    const prefix = this.ownNetwork?.prefix ?? this.names?.prefix ?? [];
    const spooling = this.#mode === 'back-fill' ? backFill(this.spool) : '';
    const all = `${properties} ${this.extraProperties} ${spooling}`;
    const line = launchLine(this.#mode, this.#references, all);
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
