import { KvsError } from '../../errors/kvs-error.ts';
import { EXIT } from '../process/exit-codes.ts';
import type { Camera } from './network-camera.ts';

/** What keeps one camera connected: a Supervisor, or a single run. */
export type CameraKeeper = {
  /** Call once. @returns an exit code. @throws KvsError when it never will be connected. */
  run(): Promise<number>;
  /** First time: everything is sent, then the end. Second time: the end at once. */
  stop(): void;
};

/** What a new list of cameras came to, by their names. */
export type CameraChanges = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
};

type MemberState =
  /** For those that still send to the same stream. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly keeper: CameraKeeper }
  | { readonly kind: 'ended' };

type Member = {
  readonly camera: Camera;
  state: MemberState;
  /** The list has it no more, or everything is stopped. */
  isLeaving: boolean;
  readonly ended: Promise<void>;
};

/**
 * Cameras that are streamed side by side, each kept by a keeper of its own: what happens to one is
 * nothing to the others.
 */
export class CameraSet {
  readonly #keep: (camera: Camera) => CameraKeeper;
  readonly #log: (camera: Camera, text: string) => void;
  /** Those that have not ended, in the order of their beginnings. */
  readonly #members = new Set<Member>();
  /** Of the cameras in the list that have ended. */
  readonly #exitCodes = new Map<string, number>();
  readonly #allEnded: Promise<void>;
  #onAllEnded: () => void = () => {};

  /** @param log gets why a camera is given up; a text without its end. */
  constructor(keep: (camera: Camera) => CameraKeeper, log: (camera: Camera, text: string) => void) {
    this.#keep = keep;
    this.#log = log;
    this.#allEnded = new Promise((resolve) => {
      this.#onAllEnded = resolve;
    });
  }

  /**
   * Streams these cameras from now on: new ones begin, others end, and one that changed begins again
   * when it has sent everything. One that was given up gets another chance.
   */
  apply(cameras: readonly Camera[]): CameraChanges {
    const wanted = new Map(cameras.map((camera) => [camera.name, camera]));
    const known = new Set<string>();
    const staying = new Set<string>();
    const removed: string[] = [];
    for (const member of this.#members) {
      if (member.isLeaving) continue;
      const { name } = member.camera;
      const now = wanted.get(name);
      known.add(name);
      if (now !== undefined && isSame(now, member.camera)) {
        staying.add(name);
        continue;
      }
      if (now === undefined) removed.push(name);
      leave(member);
    }
    const beginning = cameras.filter(({ name }) => !staying.has(name));
    this.#exitCodes.clear();
    for (const camera of beginning) this.#begin(camera);
    const names = beginning.map(({ name }) => name);
    return {
      added: names.filter((name) => !known.has(name)),
      changed: names.filter((name) => known.has(name)),
      removed,
    };
  }

  /**
   * Resolves when all have ended.
   * @returns the exit code of all that failed, EXIT.error where they differ, and 0 when none did.
   */
  async ended(): Promise<number> {
    await this.#allEnded;
    const failures = new Set([...this.#exitCodes.values()].filter((code) => code !== EXIT.ok));
    const [failure = EXIT.ok, ...others] = failures;
    return others.length === 0 ? failure : EXIT.error;
  }

  /** First time: everything is sent, then the end. Second time: the end at once. */
  stop(): void {
    const staying = [...this.#members].filter(({ isLeaving }) => !isLeaving);
    if (staying.length > 0) {
      for (const member of staying) leave(member);
      return;
    }
    for (const { state } of this.#members) {
      if (state.kind === 'running') state.keeper.stop();
    }
  }

  #begin(camera: Camera): void {
    // Two connections to one stream would mix their fragments.
    const before = [...this.#members].filter(
      (member) =>
        member.camera.name === camera.name || member.camera.streamName === camera.streamName,
    );
    const member: Member = {
      camera,
      state: { kind: 'waiting' },
      isLeaving: false,
      ended: Promise.all(before.map(({ ended }) => ended)).then(() => this.#run(member)),
    };
    this.#members.add(member);
  }

  async #run(member: Member): Promise<void> {
    const { camera } = member;
    const exitCode = member.isLeaving ? EXIT.ok : await this.#exitCodeOf(member);
    member.state = { kind: 'ended' };
    this.#members.delete(member);
    const replaced = [...this.#members].some((other) => other.camera.name === camera.name);
    if (!replaced) this.#exitCodes.set(camera.name, exitCode);
    if (this.#members.size === 0) this.#onAllEnded();
  }

  async #exitCodeOf(member: Member): Promise<number> {
    const keeper = this.#keep(member.camera);
    member.state = { kind: 'running', keeper };
    try {
      return await keeper.run();
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      this.#log(member.camera, `${error.message}\n${error.advice}`);
      return EXIT.error;
    }
  }
}

function leave(member: Member): void {
  member.isLeaving = true;
  if (member.state.kind === 'running') member.state.keeper.stop();
}

function isSame(one: Camera, other: Camera): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
