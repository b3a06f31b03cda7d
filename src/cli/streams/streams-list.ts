import type { StreamDetails } from '../../aws/stream-administration.ts';
import { EXIT } from '../process/exit-codes.ts';
import { type Column, printJson, tableOf } from '../process/table.ts';
import { reportOf, retentionText } from './stream-report.ts';
import { patiently, type StreamsOptions, withControlPlane } from './with-control-plane.ts';

/** Streams of one call: with the longest names, its answer stays below the control plane's limit. */
const PAGE = 50;

const COLUMNS: readonly Column[] = [
  { heading: 'NAME' },
  { heading: 'STATUS' },
  { heading: 'RETENTION', align: 'right' },
  { heading: 'MEDIA TYPE' },
  { heading: 'CREATED' },
];

/** Options of `kvs-launch streams list`. */
export type ListOptions = StreamsOptions & { readonly prefix?: string; readonly limit?: number };

/** `kvs-launch streams list`: all streams of the region, page by page. */
export function list(options: ListOptions): Promise<number> {
  const { prefix, limit = Number.POSITIVE_INFINITY } = options;
  return withControlPlane(options, async ({ administration }) => {
    const streams: StreamDetails[] = [];
    let next: string | undefined;
    do {
      const max = Math.min(PAGE, limit - streams.length);
      const page = await patiently(() => administration.list({ prefix, max }, next));
      streams.push(...page.items);
      next = page.next;
    } while (next !== undefined && streams.length < limit);
    if (options.json === true) printJson(streams.map(reportOf));
    else if (streams.length === 0) process.stderr.write('There is no stream.\n');
    else process.stdout.write(tableOf(COLUMNS, streams.map(rowOf)));
    return EXIT.ok;
  });
}

function rowOf(stream: StreamDetails): (string | undefined)[] {
  const { name, status, retentionHours, mediaType, created } = stream;
  return [name, status, retentionText(retentionHours), mediaType, created?.toISOString()];
}
