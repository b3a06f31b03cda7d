import { appendFile, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../data-folder/data-folder-error.ts';
import type { Part, PartState } from './part.ts';

/** The file of a day's folder that says what its parts hold, so that nobody has to look. */
export const SUMMARY_FILE = 'summary.ndjson';

/** A line of it; the last one of a part counts. */
type SummaryLine =
  | { readonly part: string; readonly state: PartState }
  /** It is being written to: what it holds stands in its index alone. */
  | { readonly part: string; readonly open: true };

/** Reads a day's summary: the state of each part that nobody was writing to. */
export async function readDaySummary(folder: string): Promise<Map<string, PartState>> {
  const states = new Map<string, PartState>();
  const text = await readFile(join(folder, SUMMARY_FILE), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  for (const line of text.split('\n')) {
    const entry = parse(line);
    if (entry === undefined) continue;
    if ('state' in entry) states.set(entry.part, entry.state);
    else states.delete(entry.part);
  }
  return states;
}

/** Notes what a part holds, until it is opened again. */
export async function noteSealed(part: Part): Promise<void> {
  await append(part, { part: part.name, state: part.state }, false);
  part.isSealed = true;
}

/** Notes, durably, that a part is about to change. */
export async function noteOpened(part: Part): Promise<void> {
  await append(part, { part: part.name, open: true }, true);
  part.isSealed = false;
}

async function append(part: Part, line: SummaryLine, isDurable: boolean): Promise<void> {
  const path = join(part.path, '..', SUMMARY_FILE);
  // A line that a crash cut short ends here, and takes nothing else with it.
  const text = `\n${JSON.stringify(line)}\n`;
  if (!isDurable) {
    await appendFile(path, text, { mode: 0o600 });
    return;
  }
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function parse(line: string): SummaryLine | undefined {
  if (line === '') return undefined;
  try {
    const entry = JSON.parse(line) as Partial<{ part: string; state: PartState; open: true }>;
    if (typeof entry?.part !== 'string') return undefined;
    if (entry.open === true) return { part: entry.part, open: true };
    const state = entry.state;
    const isWhole =
      /^\d{1,128}$/.test(state?.from ?? '') &&
      [state?.startMs, state?.lastMs, state?.added, state?.loose].every(Number.isFinite) &&
      [state?.mediaBytes, state?.indexBytes].every(Number.isSafeInteger);
    // One that is damaged is as good as none: the part's index is read.
    return isWhole && state ? { part: entry.part, state } : { part: entry.part, open: true };
  } catch {
    return undefined;
  }
}
