import { durationText } from '../../runtime/duration-text.ts';
import { counted } from '../process/counted.ts';
import { EXIT } from '../process/exit-codes.ts';
import { type SpoolSummary, summariesOf } from './spools.ts';

/** `kvs-launch spool list`: what waits in a spool-directory. */
export async function list(
  directory: string,
  stream: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  const summaries = await summariesOf(directory, stream);
  if (options.json === true) process.stdout.write(`${JSON.stringify(summaries, undefined, 2)}\n`);
  else if (summaries.length === 0) process.stdout.write('There is no spool.\n');
  else for (const summary of summaries) process.stdout.write(`${lineOf(summary)}\n`);
  return EXIT.ok;
}

function lineOf(summary: SpoolSummary): string {
  const { stream, fragments, bytes, durationMs, oldest, newest, damaged, usedBy } = summary;
  const parts = [
    `${counted(fragments, 'fragment')}, ${(bytes / 1e6).toFixed(1)} MB, ${durationText(durationMs)}`,
    ...(oldest === undefined ? [] : [`from ${oldest} to ${newest}`]),
    ...(damaged === 0 ? [] : [`${damaged} damaged places`]),
    ...(summary.encrypted ? ['encrypted'] : []),
    ...(usedBy === undefined ? [] : [`in use by process ${usedBy}`]),
  ];
  return `${stream}: ${parts.join(', ')}`;
}
