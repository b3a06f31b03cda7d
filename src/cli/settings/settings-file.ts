import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KvsError } from '../../errors/kvs-error.ts';
import { homeFolder } from '../../runtime/home-folder.ts';

/** A configuration file as it was read: options by their long names, and a section per command. */
export type SettingsFile = {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
};

const NAMES = ['kvs-launch.yaml', 'kvs-launch.yml', 'kvs-launch.json'];

/**
 * Reads the configuration file: the one that `--config` or KVS_LAUNCH_CONFIG names, else the first
 * kvs-launch.yaml, .yml or .json of the working directory, ~/.config and /etc.
 * @param given the value of `--config`.
 * @param user whose file is taken without being named; root's always is.
 * @returns undefined where there is none.
 * @throws KvsError STATUS_INVALID_ARG when it cannot be read, is no map, or belongs to somebody else.
 */
export async function readSettingsFile(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  user: number | undefined = process.getuid?.(),
): Promise<SettingsFile | undefined> {
  const path = (given ?? env['KVS_LAUNCH_CONFIG']) || findFile(env, user);
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

function findFile(
  env: Readonly<Record<string, string | undefined>>,
  user: number | undefined,
): string | undefined {
  const own = env['XDG_CONFIG_HOME'] || join(homeFolder(env), '.config');
  for (const folder of ['.', own, '/etc']) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (existsSync(path)) return trusted(path, user);
    }
  }
  return undefined;
}

/** In a folder where others may write, a file of theirs could send the video elsewhere. */
function trusted(path: string, user: number | undefined): string {
  const owner = statSync(path).uid;
  if (user === undefined || owner === user || owner === 0) return path;
  throw invalid(
    `${path} belongs to another user (uid ${owner})`,
    `Name it, if its options are to be used: --config ${path}`,
  );
}

function invalid(message: string, advice: string): KvsError {
  return new KvsError('STATUS_INVALID_ARG', message, { advice });
}
