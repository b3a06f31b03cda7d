import { KvsError } from '../../errors/kvs-error.ts';

/** A command line without `--config`, and what that named. */
export type ConfigOption = { readonly file: string | undefined; readonly args: readonly string[] };

/**
 * Takes `--config FILE` and `--config=FILE` out of a command line, wherever they stand in front of the
 * pipeline's first link: the file has the options of all commands. The last one counts.
 * @throws KvsError STATUS_INVALID_ARG where no file is named.
 */
export function takeConfigOption(words: readonly string[]): ConfigOption {
  const link = words.indexOf('!');
  const end = link < 0 ? words.length : link;
  const args: string[] = [];
  let file: string | undefined;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const isOption = index < end && /^--config(=|$)/.test(word);
    if (!isOption) {
      args.push(word);
      continue;
    }
    if (word === '--config') index += 1;
    file = word === '--config' ? words[index] : word.slice('--config='.length);
    if (!file || index >= end) {
      throw new KvsError('STATUS_INVALID_ARG', '--config names no file', {
        advice: 'Write --config FILE.',
      });
    }
  }
  return { file, args };
}
