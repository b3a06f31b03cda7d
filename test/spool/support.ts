import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { KvsError } from '../../src/errors/kvs-error.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { BackedSource } from '../../src/spool/backed-source.ts';
import type { SpoolSettings } from '../../src/spool/settings.ts';
import { Spool } from '../../src/spool/spool.ts';
import type { DropNotice } from '../../src/storage/drops.ts';
import type {
  FragmentSource,
  SessionFormat,
  StoredFragment,
} from '../../src/storage/stored-fragment.ts';
import type { StreamView } from '../../src/storage/stream-view.ts';
import { MIB, makeStore, openView, pattern, putFragment } from '../storage/support.ts';

const opened = new WeakMap<TestContext, Spool[]>();

/** A folder that is gone after the test, whose spools are closed first. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-spool-'));
  t.after(async () => {
    for (const spool of opened.get(t) ?? []) await spool.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export function settings(directory: string, options: Partial<SpoolSettings> = {}): SpoolSettings {
  return {
    directory,
    streamName: 'camera',
    streamArn: undefined,
    sizeBytes: 64 * MIB,
    durationMs: 0,
    sync: 'never',
    policy: 'ordered',
    bandwidthBps: 0,
    keyFile: undefined,
    ...options,
  };
}

/** A store of 1 MiB with a spool behind it. */
export type SpoolRig = {
  readonly spool: Spool;
  readonly view: StreamView;
  readonly source: BackedSource;
  readonly drops: DropNotice[];
  readonly warnings: KvsError[];
};

export async function openRig(
  t: TestContext,
  directory: string,
  options: Partial<SpoolSettings> = {},
  stampMs: () => number | undefined = () => undefined,
): Promise<SpoolRig> {
  const drops: DropNotice[] = [];
  const warnings: KvsError[] = [];
  const given = settings(directory, options);
  const spool = new Spool(given, {
    clock: systemClock,
    log: silentLogger,
    fragmentsPerSecond: 10_000,
    stampMs,
    events: {
      dropped: (notice) => drops.push(notice),
      warned: (warning) => warnings.push(warning),
      left: () => {},
      changed: () => {},
    },
  });
  opened.set(t, [...(opened.get(t) ?? []), spool]);
  await spool.open();
  const { view } = openView(makeStore(), {
    overflow: spool,
    onDrop: (notice) => drops.push(notice),
  });
  return { spool, view, source: new BackedSource(view, spool, given.policy), drops, warnings };
}

/** The bytes of the fragment with this number. */
export function fragmentBytes(seed: number, length = 100_000): Buffer {
  return pattern(seed, length);
}

/** Puts fragments of a second, numbered from `from` on. */
export function putFragments(
  view: StreamView,
  count: number,
  {
    from = 0,
    length = 100_000,
    format,
  }: { from?: number; length?: number; format?: SessionFormat } = {},
): void {
  for (let i = from; i < from + count; i++) {
    putFragment(view, fragmentBytes(i, length), i * 1000, (i + 1) * 1000, format);
  }
}

/** Reads a fragment to its end, as a session does; undefined where it is gone. */
export async function readWhole(
  source: Pick<FragmentSource, 'pin' | 'unpin' | 'read' | 'get' | 'onChange'>,
  fragment: StoredFragment,
): Promise<Buffer | undefined> {
  // The pacer's timers keep no process alive.
  const alive = setInterval(() => {}, 60_000);
  source.pin(fragment);
  const parts: Buffer[] = [];
  for (let offset = 0; offset < fragment.byteLength; ) {
    const part = source.read(fragment, offset, 64 * 1024);
    if (part === undefined) {
      if (source.get(fragment.index) !== fragment) {
        clearInterval(alive);
        return undefined;
      }
      await new Promise<void>((resolve) => {
        source.onChange = resolve;
      });
      continue;
    }
    parts.push(Buffer.from(part));
    offset += part.length;
  }
  source.unpin(fragment);
  clearInterval(alive);
  return Buffer.concat(parts);
}

/** Names of the files that the spool of `camera` has. */
export function filesOf(directory: string): string[] {
  return readdirSync(join(directory, 'camera.spool'))
    .filter((name) => !isLockSocket(name))
    .sort();
}

/** What holds the lock beside its file, where there is no /proc. */
function isLockSocket(path: string): boolean {
  return path.endsWith('.sock');
}

/** The folder as a process that is killed leaves it: in another place, with a lock that is dead. */
export function killed(t: TestContext, directory: string): string {
  const other = temporaryFolder(t);
  cpSync(directory, other, { recursive: true, filter: (path) => !isLockSocket(path) });
  rmSync(join(other, 'camera.spool', 'lock'));
  return other;
}

/** A format with this in place of a Matroska header. */
export function newFormat(text: string): SessionFormat {
  return { header: { timecodeScaleNs: 1_000_000 }, headerBytes: Buffer.from(text) };
}
