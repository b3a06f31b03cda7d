import type { StreamDetails } from '../../aws/stream-administration.ts';

/** Readable hours: `6 h`, `30 d`. */
export function retentionText(hours: number): string {
  if (hours === 0) return 'none';
  return hours % 24 === 0 && hours > 24 ? `${hours / 24} d` : `${hours} h`;
}

/** A stream as `--json` has it: times in ISO 8601. */
export function reportOf({ created, ...stream }: StreamDetails) {
  return { ...stream, created: created?.toISOString() };
}
