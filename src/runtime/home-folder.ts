import { homedir } from 'node:os';

/**
 * The folder of this user's settings: HOME, else the one that the system has for the user. It is `/`, as
 * Docker says, for a user whom the system does not know: `docker run --user 12345`, or a platform that
 * gives each container a number of its own. Node throws for them.
 */
export function homeFolder(
  env: Readonly<Record<string, string | undefined>>,
  ofSystem: () => string = homedir,
): string {
  if (env['HOME']) return env['HOME'];
  try {
    return ofSystem() || '/';
  } catch {
    return '/';
  }
}
