import type { Option } from 'commander';

/** A word in single quotes, as bash and zsh read it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Both ways to write an option. */
export function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** A description without what follows its first sentence or bracket: completion has one line. */
export function shortDescription(text: string): string {
  return text.split(/ \(|[;:.] /, 1)[0] ?? '';
}
