import leven from 'leven';

/** The word that was probably meant: the one with the fewest letters to change, if they are few. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const rated = words
    .map((each) => ({ each, changes: leven(word, each) }))
    .filter(({ each, changes }) => changes <= Math.min(3, Math.floor(each.length / 2)))
    .sort((a, b) => a.changes - b.changes);
  return rated[0]?.each;
}
