import { spawnSync } from 'node:child_process';

/**
 * The syntax elements of one slice header by their names in the standard; one that comes again has
 * a number behind its name.
 */
export type TracedSlice = ReadonlyMap<string, number>;

const TITLE = /^\[trace_headers @ \w+\] (\S.*)$/;
const FIELD = /^\d+\s+(\w+(?:\[\d+\])*)\s+[01]*\s+= (-?\d+)$/;

/** The slice headers of a raw H.264 or H.265 file, in order, as ffmpeg's trace_headers reads them. */
export function tracedSlices(file: string): TracedSlice[] {
  const args = ['-hide_banner', '-i', file, '-c', 'copy', '-bsf:v', 'trace_headers'];
  const { stderr } = spawnSync('ffmpeg', [...args, '-f', 'null', '-'], {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
  });
  const slices: Map<string, number>[] = [];
  let slice: Map<string, number> | undefined;
  for (const line of stderr.split('\n')) {
    const text = TITLE.exec(line)?.[1];
    if (text === undefined) continue;
    const field = FIELD.exec(text);
    if (field === null) {
      slice = /^Slice( Segment)? Header$/.test(text) ? new Map() : undefined;
      if (slice !== undefined) slices.push(slice);
    } else if (slice !== undefined) {
      const [, name = '', value] = field;
      slice.set(slice.has(name) ? `${name}, ${slice.size}` : name, Number(value));
    }
  }
  return slices;
}
