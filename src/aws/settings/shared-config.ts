import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeFolder } from '../../runtime/home-folder.ts';
import { type Environment, variable } from './environment.ts';

/** Paths of AWS's two shared files. */
export function sharedFiles(env: Environment): { config: string; keys: string } {
  const folder = join(homeFolder(env), '.aws');
  return {
    config: variable(env, 'AWS_CONFIG_FILE') ?? join(folder, 'config'),
    keys: variable(env, 'AWS_SHARED_CREDENTIALS_FILE') ?? join(folder, 'credentials'),
  };
}

/**
 * Settings of one section by name; a setting nested in another one has the name `outer.inner`, as in
 * a [services …] section.
 */
type Section = ReadonlyMap<string, string>;

/** The sections of a config file by their whole name: `default`, `profile door`, `services local`. */
function parseSections(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let outer = '';
  for (const line of text.split(/\r?\n/)) {
    const [uncommented = ''] = line.split(/(?:^|\s)[;#]/);
    const header = /^\s*\[\s*(?:(\w+)\s+)?["']?([^\]"']+?)["']?\s*\]/.exec(uncommented);
    const pair = /^(\s*)([\w-]+)\s*=\s*(.*?)\s*$/.exec(uncommented);
    if (header !== null) {
      const name = header[1] === undefined ? `${header[2]}` : `${header[1]} ${header[2]}`;
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      outer = '';
    } else if (pair !== null && section !== undefined) {
      const [, indent, name = '', value = ''] = pair;
      if (indent === '') outer = name;
      section.set(indent === '' ? name : `${outer}.${name}`, value);
    }
  }
  return sections;
}

/** ~/.aws/config, read without the SDK, which costs 18 MB and may not be needed otherwise. */
function readSections(env: Environment): ReadonlyMap<string, Section> {
  try {
    return parseSections(readFileSync(sharedFiles(env).config, 'utf8'));
  } catch {
    return new Map();
  }
}

function profileIn(sections: ReadonlyMap<string, Section>, name: string): Section | undefined {
  return sections.get(`profile ${name}`) ?? sections.get(name);
}

/** The profile that AWS's tools would use. */
export function profileName(env: Environment, profile: string | undefined): string {
  return profile || variable(env, 'AWS_PROFILE') || 'default';
}

/**
 * One setting of a profile in ~/.aws/config. Undefined if the file, the profile or the setting is
 * not there.
 */
export function profileSetting(
  env: Environment,
  profile: string,
  setting: string,
): string | undefined {
  return profileIn(readSections(env), profile)?.get(setting) || undefined;
}

/** An endpoint that ~/.aws/config names, and where in it. */
export type ConfiguredEndpoint = { readonly url: string; readonly source: string };

/**
 * The endpoint_url of a service as AWS's SDKs read it: the one in the [services …] section that the
 * profile names comes before the profile's own. Undefined also where the profile ignores them all.
 * @param service The service's id in lower case with underscores: `kinesis_video`.
 */
export function profileEndpoint(
  env: Environment,
  profile: string,
  service: string,
): ConfiguredEndpoint | undefined {
  const sections = readSections(env);
  const settings = profileIn(sections, profile);
  if (settings === undefined || settings.get('ignore_configured_endpoint_urls') === 'true') {
    return undefined;
  }
  const services = settings.get('services') ?? '';
  const candidates = [
    [`services ${services}`, sections.get(`services ${services}`)?.get(`${service}.endpoint_url`)],
    [`profile ${profile}`, settings.get('endpoint_url')],
  ] as const;
  for (const [source, url] of candidates) {
    if (url) return { url, source };
  }
  return undefined;
}
