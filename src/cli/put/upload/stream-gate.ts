import { KvsError } from '../../../errors/kvs-error.ts';
import { createUploader } from '../../../putmedia/uploader/uploader.ts';
import type {
  Uploader,
  UploaderDependencies,
  UploaderSettings,
} from '../../../putmedia/uploader-api.ts';
import type { FragmentSource, StoredFragment } from '../../../storage/stored-fragment.ts';
import type { StoredMedia } from './stored-media.ts';
import { fragmentBytes, producerTimeMs, WholeFragments } from './whole-fragments.ts';

/** What passed the gate. */
export type GateCounts = { fragments: number; skipped: number };

/** Whoever sends one file. */
export type GateOwner = {
  /** What the stream has already; undefined where everything is sent. */
  readonly stored: StoredMedia | undefined;
  readonly streamName: string;
  /** Nothing can be sent. */
  readonly onFailed: (error: unknown) => void;
  /** Counts of the file so far. */
  readonly counts: GateCounts;
};

/**
 * Makes the uploader of a file: it sends whole fragments, and none that the stream has.
 * @throws KvsError as createUploader
 */
export function createFileUploader(
  settings: UploaderSettings,
  dependencies: UploaderDependencies,
  owner: GateOwner,
): Uploader {
  const inner = dependencies.source;
  const source = new WholeFragments(inner, {
    isStored: (fragment) => isStored(inner, fragment, owner),
    onSkipped: () => {
      owner.counts.skipped += 1;
    },
    onFailed: owner.onFailed,
  });
  const uploader = createUploader(settings, { ...dependencies, source });
  return {
    start: () => uploader.start(),
    resetConnection: (reason) => uploader.resetConnection(reason),
    retryNow: () => uploader.retryNow(),
    drain: async (timeoutMs) => {
      await source.looked();
      await uploader.drain(timeoutMs);
    },
    close: () => uploader.close(),
    get counters() {
      return uploader.counters;
    },
  };
}

async function isStored(
  source: FragmentSource,
  fragment: StoredFragment,
  { stored, counts, streamName }: GateOwner,
): Promise<boolean> {
  counts.fragments += 1;
  if (stored === undefined) return false;
  const startMs = producerTimeMs(fragment);
  if (!(await stored.has(startMs))) return false;
  // That this file was sent before, and nothing else, is shown by the first one.
  if (counts.skipped === 0 && !(await stored.isSame(startMs, fragmentBytes(source, fragment)))) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `Stream ${streamName} has other media at ${new Date(startMs).toISOString()}`,
      {
        advice:
          'Give the file another --start-time or --stream-name, or send it beside what is there with --no-resume.',
      },
    );
  }
  return true;
}
