import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Environment, variable } from './environment.ts';

/** Paths of AWS's two shared files. */
export const sharedFiles = (env: Environment): { config: string; keys: string } => {
  const folder = join(variable(env, 'HOME') ?? homedir(), '.aws');
  return {
    config: variable(env, 'AWS_CONFIG_FILE') ?? join(folder, 'config'),
    keys: variable(env, 'AWS_SHARED_CREDENTIALS_FILE') ?? join(folder, 'credentials'),
  };
};

/**
 * One setting of a profile in ~/.aws/config, read without the SDK, which costs 18 MB and may not be
 * needed otherwise. Undefined if the file, the profile or the setting is not there.
 */
export const profileSetting = (
  env: Environment,
  profile: string,
  setting: string,
): string | undefined => {
  let text: string;
  try {
    text = readFileSync(sharedFiles(env).config, 'utf8');
  } catch {
    return undefined;
  }
  let inProfile = false;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*(?:profile\s+)?["']?([^\]"']+?)["']?\s*\]/.exec(line);
    if (header !== null) {
      inProfile = header[1] === profile;
      continue;
    }
    // Nested settings are indented; they belong to another one's value.
    const pair = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (inProfile && pair?.[1] === setting && pair[2] !== '') {
      return pair[2];
    }
  }
  return undefined;
};
