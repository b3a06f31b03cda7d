import type { StreamIdentifier } from '../../aws/control-plane-api.ts';
import type { StreamAdministration } from '../../aws/stream-administration.ts';
import { EXIT } from '../process/exit-codes.ts';
import { streamOf } from '../process/stream-argument.ts';
import { printJson } from '../process/table.ts';
import { patiently, type StreamsOptions, withControlPlane } from './with-control-plane.ts';

/** Options of `kvs-launch streams tags`. */
export type TagsOptions = StreamsOptions & {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
};

/** `kvs-launch streams tags`: prints a stream's tags, after changing them if asked to. */
export function tags(stream: string, options: TagsOptions): Promise<number> {
  const identifier = streamOf(stream);
  return withControlPlane(options, async (controlPlane) => {
    const { administration } = controlPlane;
    if (options.remove.length > 0) {
      await patiently(() => administration.untag(identifier, options.remove));
    }
    if (Object.keys(options.set).length > 0) {
      await patiently(() => controlPlane.tagStream(identifier, options.set));
    }
    const all = await allTags(administration, identifier);
    if (options.json === true) printJson(all);
    else for (const [key, value] of Object.entries(all)) process.stdout.write(`${key}=${value}\n`);
    return EXIT.ok;
  });
}

/** A stream's tags from all pages, in the order of keys. */
export async function allTags(
  administration: StreamAdministration,
  stream: StreamIdentifier,
): Promise<Record<string, string>> {
  const entries: [key: string, value: string][] = [];
  let next: string | undefined;
  do {
    const page = await patiently(() => administration.tags(stream, next));
    entries.push(...Object.entries(page.items));
    next = page.next;
  } while (next !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
