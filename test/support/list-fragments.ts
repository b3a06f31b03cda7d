import type { FragmentRecord } from '../../src/local/fragments/fragment-record.ts';
import type {
  FragmentWindow,
  StreamFragments,
} from '../../src/local/fragments/stream-fragments.ts';

/** All fragments of a window in one list. */
export async function listFragments(
  fragments: StreamFragments | undefined,
  window?: FragmentWindow,
): Promise<FragmentRecord[]> {
  const records: FragmentRecord[] = [];
  if (fragments === undefined) return records;
  for await (const record of fragments.select(window)) records.push(record);
  return records;
}
