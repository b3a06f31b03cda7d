import { type Command, CommanderError, type Option } from 'commander';
import { KvsError } from '../../errors/kvs-error.ts';
import { nearest } from '../table/nearest.ts';
import { readSettingsFile, type SettingsFile } from './settings-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that say the same as an option, and are nearer to the user than a file. */
const SAME_AS: Readonly<Record<string, readonly string[]>> = {
  region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  endpoint: ['CONTROL_PLANE_URI', 'AWS_ENDPOINT_URL_KINESIS_VIDEO', 'AWS_ENDPOINT_URL'],
  profile: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ACCESS_KEY_ID'],
  'ca-file': ['KVSSINK_CA_CERT_PATH'],
  'allow-insecure-http': ['KVS_ALLOW_INSECURE_HTTP'],
  'log-file': ['KVS_LOG_FILE'],
  'log-level': ['KVS_LOG_LEVEL'],
  'gst-debug': ['GST_DEBUG'],
  'stream-name': ['STREAM_NAME'],
};

/** Not an option to be kept somewhere. */
const NEVER = new Set(['help', 'version', 'config', 'plugin-path']);

/** What an option with an optional value takes for being given without one. */
const WITHOUT_VALUE = /^(true|yes)$/i;

/**
 * Gives the options of all commands the values that the environment (KVS_LAUNCH_…) and the
 * configuration file have for them. What commander then finds on the command line replaces them.
 * @param config the file that the command line names.
 * @throws KvsError STATUS_INVALID_ARG for a value that the option does not take, and for a name in
 * the file that no option has.
 */
export async function applySettings(
  program: Command,
  config: string | undefined,
  env: Environment,
): Promise<void> {
  const file = await readSettingsFile(config, env);
  if (file !== undefined) applyFile(program, file, env);
  for (const { command, path } of commands(program)) applyEnvironment(command, path, env);
}

function applyFile(program: Command, file: SettingsFile, env: Environment): void {
  const all = commands(program);
  const sections: (() => void)[] = [];
  for (const [name, value] of Object.entries(file.values)) {
    const section = program.commands.find((command) => command.name() === name);
    if (section !== undefined) {
      sections.push(() => applySection(section, value, file.path, name, env));
      continue;
    }
    const takers = all.filter(({ command }) => optionNamed(command, name) !== undefined);
    if (takers.length === 0) {
      throw unknown(file.path, name, [...names(all), ...program.commands.map((c) => c.name())]);
    }
    for (const { command } of takers) setFromFile(command, name, value, file.path, name, env);
  }
  // A command's own section is nearer to it than what is said of all.
  for (const apply of sections) apply();
}

function applySection(
  command: Command,
  section: unknown,
  file: string,
  at: string,
  env: Environment,
): void {
  if (typeof section !== 'object' || section === null || Array.isArray(section)) {
    throw invalid(`${file}: ${at} is not a map of options`, `See kvs-launch help ${at}.`);
  }
  for (const [name, value] of Object.entries(section)) {
    const sub = command.commands.find((each) => each.name() === name);
    if (sub !== undefined) applySection(sub, value, file, `${at}.${name}`, env);
    else setFromFile(command, name, value, file, `${at}.${name}`, env);
  }
}

function setFromFile(
  command: Command,
  name: string,
  value: unknown,
  file: string,
  at: string,
  env: Environment,
): void {
  const option = optionNamed(command, name);
  if (option === undefined) {
    const known = [...names([{ command }]), ...command.commands.map((each) => each.name())];
    throw unknown(file, at, known);
  }
  if (SAME_AS[name]?.some((variable) => env[variable])) return;
  set(command, option, value, `${file}: ${at}`, 'config');
}

function applyEnvironment(command: Command, path: readonly string[], env: Environment): void {
  for (const option of command.options) {
    const name = nameOf(option);
    if (name === undefined) continue;
    const variables = [[...path, name], [name]].map(
      (words) => `KVS_LAUNCH_${words.join('_').replaceAll('-', '_').toUpperCase()}`,
    );
    const variable = variables.find((each) => env[each]);
    if (variable === undefined) continue;
    set(command, option, env[variable], variable, 'env');
    // Commander would let a variable that the option names itself (STREAM_NAME) replace it.
    delete option.envVar;
  }
}

/** Gives an option a value as if it had been written on the command line. */
function set(
  command: Command,
  option: Option,
  value: unknown,
  at: string,
  source: 'config' | 'env',
): void {
  const key = option.attributeName();
  if (option.isBoolean() || option.negate) {
    const isSet = flag(value);
    if (isSet === undefined) throw invalid(`${at} is ${String(value)}`, 'It is true or false.');
    // False is a value, too: what stands behind this in the order of precedence may be true.
    command.setOptionValueWithSource(key, isSet !== option.negate, source);
    return;
  }
  if (option.optional && WITHOUT_VALUE.test(String(value))) {
    const given: unknown = option.parseArg === undefined ? true : option.parseArg('', undefined);
    command.setOptionValueWithSource(key, given, source);
    return;
  }
  const texts = (Array.isArray(value) ? value : [value]).map((each: unknown) => {
    if (typeof each === 'string' || typeof each === 'number') return String(each);
    throw invalid(`${at} is ${JSON.stringify(each)}`, 'It is a text or a number.');
  });
  let parsed: unknown = option.defaultValue;
  for (const text of texts) {
    try {
      parsed = option.parseArg === undefined ? text : option.parseArg(text, parsed);
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      throw invalid(`${at} is ${text}: ${withoutDot(error.message)}`, 'Correct it there.');
    }
  }
  command.setOptionValueWithSource(key, parsed, source);
}

function flag(value: unknown): boolean | undefined {
  if (value === true || /^(true|yes|1)$/i.test(String(value))) return true;
  if (value === false || /^(false|no|0)$/i.test(String(value))) return false;
  return undefined;
}

type Place = { readonly command: Command; readonly path: readonly string[] };

function commands(command: Command, path: readonly string[] = []): Place[] {
  return [
    { command, path },
    ...command.commands.flatMap((sub) => commands(sub, [...path, sub.name()])),
  ];
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find((option) => nameOf(option) === name);
}

/** The name in files and variables; undefined for what is not kept there. */
export function nameOf({ long, hidden }: Option): string | undefined {
  const name = long?.slice(2);
  return name === undefined || hidden || NEVER.has(name) ? undefined : name;
}

function names(places: readonly Pick<Place, 'command'>[]): string[] {
  const all = places.flatMap(({ command }) => command.options.map(nameOf));
  return all.filter((name) => name !== undefined);
}

function unknown(file: string, at: string, known: readonly string[]): KvsError {
  const guess = nearest(at.split('.').at(-1) ?? at, known);
  return invalid(
    `${file}: there is no option ${at}`,
    guess === undefined ? 'See kvs-launch --help.' : `Perhaps it should be ${guess}.`,
  );
}

function withoutDot(text: string): string {
  return text.replace(/\.$/, '');
}

function invalid(message: string, advice: string): KvsError {
  return new KvsError('STATUS_INVALID_ARG', message, { advice });
}
