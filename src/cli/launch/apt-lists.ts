import { spawn } from 'node:child_process';
import { findProgram } from '../../runtime/find-program.ts';

/**
 * What a pipeline lacks: an element, one that reads from or writes to a kind of URI, or one that decodes
 * or encodes a kind of media.
 */
export type MissingFeature = {
  readonly kind: 'element' | 'source' | 'sink' | 'decoder' | 'encoder';
  /** Name of the element, the URI's scheme, or the media type. */
  readonly name: string;
};

/** The fields in which Debian's packages say what their plugins have. */
const FIELDS: Readonly<Record<string, MissingFeature['kind']>> = {
  'Gstreamer-Elements': 'element',
  'Gstreamer-Uri-Sources': 'source',
  'Gstreamer-Uri-Sinks': 'sink',
  'Gstreamer-Decoders': 'decoder',
  'Gstreamer-Encoders': 'encoder',
};

/** A Raspberry Pi 3 reads its lists within this. */
const PATIENCE_MS = 20_000;

/** Packages by what they have, as apt's lists say: `element x264enc` is a key. */
export type PackageIndex = ReadonlyMap<string, string>;

/** The key of a feature in a PackageIndex. */
export function featureKey({ kind, name }: MissingFeature): string {
  return `${kind} ${name}`;
}

/**
 * Reads the records of `apt-cache dumpavail`, 50 MB of which some twenty speak of GStreamer: only
 * those are taken apart. A feature that several packages have is of GStreamer's own.
 */
export class PackageRecords {
  readonly index: Map<string, string> = new Map();
  /** The record that has not come whole yet. */
  #rest = '';

  /** Takes the next piece of the output. */
  push(text: string): void {
    const all = this.#rest + text;
    const end = all.lastIndexOf('\n\n');
    if (end < 0) {
      this.#rest = all;
      return;
    }
    this.#rest = all.slice(end + 2);
    this.#read(all.slice(0, end));
  }

  /** Takes the last record. */
  end(): void {
    this.#read(this.#rest);
    this.#rest = '';
  }

  #read(records: string): void {
    for (let at = 0; ; ) {
      const found = records.indexOf('\nGstreamer-', at);
      if (found < 0) return;
      const start = records.lastIndexOf('\n\n', found) + 1;
      const end = records.indexOf('\n\n', found);
      this.#record(records.slice(start, end < 0 ? undefined : end));
      if (end < 0) return;
      at = end;
    }
  }

  #record(text: string): void {
    const owner = /^Package: (\S+)/m.exec(text)?.[1];
    if (owner === undefined) return;
    for (const [, field = '', names = ''] of text.matchAll(/^(Gstreamer-[\w-]+): (.*)$/gm)) {
      const kind = FIELDS[field];
      if (kind === undefined) continue;
      for (const name of namesIn(names, kind)) this.#add({ kind, name }, owner);
    }
  }

  #add(feature: MissingFeature, owner: string): void {
    const key = featureKey(feature);
    const before = this.index.get(key);
    if (before === undefined || rank(owner, feature) < rank(before, feature)) {
      this.index.set(key, owner);
    }
  }
}

/** Names stand between commas; caps, of which the media type is enough, between semicolons. */
function namesIn(text: string, kind: MissingFeature['kind']): readonly string[] {
  if (kind !== 'decoder' && kind !== 'encoder') return text.split(', ');
  return text.split('; ').map((caps) => caps.split(',', 1)[0] ?? caps);
}

/** GStreamer's own modules before what others build on it; of decoders, those of ffmpeg first. */
function rank(owner: string, { kind }: MissingFeature): number {
  if (kind === 'decoder' && owner === 'gstreamer1.0-libav') return 0;
  return /^gstreamer1\.0-(plugins-|libav$)/.test(owner) ? 1 : 2;
}

/**
 * What the packages in apt's lists have, installed or not. Empty where there is no apt, or where it
 * has no lists, as in a container image. Never rejects.
 */
export async function readAptLists(): Promise<PackageIndex> {
  const program = findProgram('apt-cache');
  const records = new PackageRecords();
  if (program === undefined) return records.index;
  const child = spawn(program, ['dumpavail'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE_MS,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  for await (const chunk of child.stdout.setEncoding('latin1')) records.push(String(chunk));
  records.end();
  await ended;
  return records.index;
}
