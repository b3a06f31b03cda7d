import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KvsError } from '../../errors/kvs-error.ts';

/** A configuration file as it was read: options by their long names, and a section per command. */
export type SettingsFile = {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
};

const NAMES = ['kvs-launch.yaml', 'kvs-launch.yml', 'kvs-launch.json'];

/**
 * Reads the configuration file: the one that `--config` or KVS_LAUNCH_CONFIG names, else the first
 * kvs-launch.yaml, .yml or .json of the working directory, ~/.config and /etc.
 * @param args the command line, of which only `--config` is read.
 * @returns undefined where there is none.
 * @throws KvsError STATUS_INVALID_ARG when it cannot be read, or is no map.
 */
export async function readSettingsFile(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<SettingsFile | undefined> {
  const given = configOption(args) ?? env['KVS_LAUNCH_CONFIG'];
  const path = given || findFile(env);
  if (path === undefined) return undefined;
  const { parse } = await import('yaml');
  let values: unknown;
  try {
    // JSON is YAML, too.
    values = parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(`${path}: ${reason.trim()}`, 'Correct the file, or name another with --config.');
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw invalid(`${path}: not a map of options`, 'Write one option per line: profile: garden');
  }
  return { path, values: values as Record<string, unknown> };
}

/** The last `--config FILE` or `--config=FILE` in front of the pipeline's first element link. */
function configOption(args: readonly string[]): string | undefined {
  const end = args.indexOf('!');
  const words = end < 0 ? args : args.slice(0, end);
  let path: string | undefined;
  for (const [index, word] of words.entries()) {
    if (word === '--config') path = words[index + 1];
    else if (word.startsWith('--config=')) path = word.slice('--config='.length);
  }
  return path;
}

function findFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config');
  for (const folder of ['.', own, '/etc']) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (existsSync(path)) return trusted(path);
    }
  }
  return undefined;
}

/** In a folder where others may write, a file of theirs could send the video elsewhere. */
function trusted(path: string): string {
  const owner = statSync(path).uid;
  const user = process.getuid?.() ?? owner;
  if (owner === user || owner === 0) return path;
  throw invalid(
    `${path} belongs to another user (uid ${owner})`,
    `Name it, if its options are to be used: --config ${path}`,
  );
}

function invalid(message: string, advice: string): KvsError {
  return new KvsError('STATUS_INVALID_ARG', message, { advice });
}
