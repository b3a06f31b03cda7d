import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KvsError } from '../../errors/kvs-error.ts';
import { PROPERTIES, type PropertyName } from '../../host/settings/properties.ts';
import { nearest } from '../table/nearest.ts';
import {
  type CameraEntry,
  FIELDS,
  type Field,
  faultOf,
  propertyFault,
  SINK_NAMES,
} from './camera-fields.ts';
import { type Camera, type CameraDefaults, readAddress } from './network-camera.ts';
import { PlacedYaml, pathText, type YamlPath } from './placed-yaml.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The cameras of a file, and what its owner should know though it does not stop anything. */
export type CamerasFile = {
  readonly cameras: readonly Camera[];
  readonly warnings: readonly string[];
};

/** What the command line says of all cameras; the file's own defaults are nearer to them. */
export type GivenDefaults = CameraDefaults & Pick<Camera, 'sink'>;

/** Names that the service takes. */
const STREAM_NAME = /^[a-zA-Z0-9_.-]{1,256}$/;

/**
 * Reads the file of `kvs-launch rtsp --cameras`, YAML or JSON.
 * @param env has the variables that `user-env` and `password-env` name.
 * @throws KvsError STATUS_INVALID_ARG that lists everything that is wrong, each with its line.
 */
export function readCamerasFile(file: string, given: GivenDefaults, env: Environment): CamerasFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KvsError('STATUS_INVALID_ARG', `${file} cannot be read: ${reason(cause)}`, {
      cause,
      advice: 'Name the file with the cameras: --cameras cameras.yaml',
    });
  }
  return new CamerasReader(file, text, given, env).read();
}

/** One reading: gathers all that is wrong. */
class CamerasReader {
  readonly #file: string;
  readonly #yaml: PlacedYaml;
  readonly #given: GivenDefaults;
  readonly #env: Environment;
  // Sets: what all cameras have from the defaults is found for each.
  readonly #problems = new Set<string>();
  readonly #warnings = new Set<string>();
  #hasSecret = false;

  constructor(file: string, text: string, given: GivenDefaults, env: Environment) {
    this.#file = file;
    this.#yaml = new PlacedYaml(file, text);
    this.#given = given;
    this.#env = env;
  }

  read(): CamerasFile {
    const { value } = this.#yaml;
    const cameras = isMap(value) ? this.#readRoot(value) : undefined;
    if (cameras === undefined) {
      this.#problem(
        ['cameras'],
        'is not a list of cameras',
        'Write: cameras: [{ name: …, url: … }]',
      );
    }
    if (this.#problems.size > 0) {
      throw new KvsError('STATUS_INVALID_ARG', [...this.#problems].join('\n'), {
        advice: 'docs/2-use/rtsp.md has an example; kvs-launch-cameras.schema.json, all fields.',
      });
    }
    if (this.#hasSecret) this.#warnOfReaders(this.#file);
    return { cameras: cameras ?? [], warnings: [...this.#warnings] };
  }

  #readRoot(root: Readonly<Record<string, unknown>>): Camera[] | undefined {
    for (const key of Object.keys(root)) {
      if (key !== 'cameras' && key !== 'defaults') this.#unknown([key], ['cameras', 'defaults']);
    }
    const shared = this.#readEntry(root['defaults'] ?? {}, ['defaults']);
    const list = root['cameras'];
    if (!Array.isArray(list) || list.length === 0) return undefined;
    const cameras = list.map((entry: unknown, index) => {
      const at = ['cameras', index];
      return this.#readCamera(this.#readEntry(entry, at), shared, at);
    });
    this.#refuseTwice(
      'name',
      cameras.map((camera) => camera?.name),
    );
    this.#refuseTwice(
      'stream',
      cameras.map((camera) => camera?.streamName),
    );
    return cameras.filter((camera) => camera !== undefined);
  }

  #readEntry(entry: unknown, at: YamlPath): CameraEntry {
    if (!isMap(entry)) {
      this.#problem(at, 'is not a map', 'Write its fields one per line: url: rtsp://camera/path');
      return {};
    }
    const fields = Object.entries<Field>(FIELDS).filter(
      ([, field]) => at[0] === 'cameras' || field.isOwn !== true,
    );
    const values: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(entry)) {
      const field = fields.find(([known]) => known === name)?.[1];
      const here = [...at, name];
      if (field === undefined) {
        this.#unknown(
          here,
          fields.map(([known]) => known),
        );
        continue;
      }
      const fault = faultOf(field, value);
      if (fault !== undefined) this.#problem(here, `is ${shown(value)}`, fault);
      else values[name] = field.kind === 'properties' ? this.#readProperties(value, here) : value;
    }
    return values as CameraEntry;
  }

  #readProperties(value: unknown, at: YamlPath): Readonly<Record<string, string>> {
    const texts: Record<string, string> = {};
    for (const [name, property] of Object.entries(value as Record<string, unknown>)) {
      const here = [...at, name];
      const row = SINK_NAMES.includes(name) ? PROPERTIES[name as PropertyName] : undefined;
      if (row === undefined) {
        this.#unknown(here, SINK_NAMES);
        continue;
      }
      const fault = propertyFault(row, property);
      if (fault === undefined) texts[name] = String(property);
      else if (row.type === 'secret') this.#problem(here, 'has another type', fault);
      else this.#problem(here, `is ${shown(property)}`, fault);
      if (row.type === 'secret') this.#hasSecret = true;
    }
    return texts;
  }

  #readCamera(entry: CameraEntry, shared: CameraEntry, at: YamlPath): Camera | undefined {
    const both = { ...shared, ...entry };
    const name = entry.name ?? entry.stream;
    const streamName = entry.stream ?? entry.name;
    if (name === undefined || streamName === undefined) {
      this.#problem(at, 'has no name', 'Give it one, or a stream: name: door');
      return undefined;
    }
    if (!STREAM_NAME.test(streamName)) {
      this.#problem(
        [...at, entry.stream === undefined ? 'name' : 'stream'],
        `is ${JSON.stringify(streamName)}, which no stream can be called`,
        'A stream has letters, digits, "_", "." and "-": stream: front-door',
      );
    }
    const address = this.#readUrl(entry.url, at);
    const secret = (what: 'user' | 'password'): string | undefined =>
      this.#readSecret(what, entry, at) ??
      address?.[what] ??
      this.#readSecret(what, shared, ['defaults']);
    const [user, password] = [secret('user'), secret('password')];
    if (password !== undefined && user === undefined) {
      this.#problem(at, 'has a password and no user', 'Add user, user-env or user-file.');
    }
    if (address === undefined) return undefined;
    const { codec, transport, latencyMs, audio, stallMs, sink } = this.#given;
    return {
      name,
      url: address.url,
      user,
      password,
      streamName,
      codec: both.codec ?? codec,
      transport: both.protocol ?? transport,
      latencyMs: both.latency ?? latencyMs,
      audio: both.audio ?? audio,
      stallMs: both.stall === undefined ? stallMs : both.stall * 1000,
      sink: [...sink, ...sinkProperties(shared), ...sinkProperties(entry)],
    };
  }

  #readUrl(
    url: string | undefined,
    at: YamlPath,
  ): Pick<Camera, 'url' | 'user' | 'password'> | undefined {
    if (url === undefined) {
      this.#problem(at, 'has no url', 'Give the address: url: rtsp://192.0.2.10/stream1');
      return undefined;
    }
    try {
      const address = readAddress(url);
      if (address.password) this.#hasSecret = true;
      return address;
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      this.#problem([...at, 'url'], `is ${error.message}`, error.advice);
      return undefined;
    }
  }

  /** What an entry's fields say of a user or a password. */
  #readSecret(what: 'user' | 'password', entry: CameraEntry, at: YamlPath): string | undefined {
    const fields = fieldsOf(what, entry);
    const [first, second] = fields;
    if (first === undefined) return undefined;
    const [field, value] = first;
    const here = [...at, field];
    if (second !== undefined) {
      this.#problem([...at, second[0]], `stands beside ${field}`, 'Keep one of them.');
      return undefined;
    }
    if (field === what) return value;
    if (field === `${what}-file`) return this.#readSecretFile(value, here);
    const text = this.#env[value];
    if (!text) {
      this.#problem(here, 'names a variable that is not set', 'Set it where kvs-launch starts.');
      return undefined;
    }
    return text;
  }

  #readSecretFile(path: string, at: YamlPath): string | undefined {
    const file = resolve(dirname(this.#file), path);
    try {
      const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      this.#warnOfReaders(file);
      if (text !== '' && !/[\r\n]/.test(text)) return text;
      const lines = text === '' ? 'is empty' : 'has several lines';
      this.#problem(at, `names a file that ${lines}`, 'It must have one line.');
    } catch (error) {
      const advice = 'A relative path is relative to the file with the cameras.';
      this.#problem(at, `names a file that cannot be read: ${reason(error)}`, advice);
    }
    return undefined;
  }

  #warnOfReaders(file: string): void {
    if ((statSync(file).mode & 0o004) === 0) return;
    this.#warnings.add(
      `${file} holds a secret, and every user of this machine can read it: chmod o= ${file}`,
    );
  }

  #refuseTwice(what: 'name' | 'stream', values: readonly (string | undefined)[]): void {
    for (const [index, value] of values.entries()) {
      const first = values.indexOf(value);
      if (value === undefined || first === index) continue;
      this.#problem(
        ['cameras', index, what],
        `is ${value}, as that of cameras[${first}]`,
        `Each camera has a ${what} of its own.`,
      );
    }
  }

  #unknown(at: YamlPath, known: readonly string[]): void {
    const name = String(at.at(-1));
    const guess = nearest(name, known);
    const advice =
      name === 'password'
        ? 'Write it to a file that only its user can read, password-file, or a variable, password-env.'
        : guess === undefined
          ? `There are ${known.length > 20 ? 'those of gst-inspect-1.0 kvssink' : known.join(', ')}.`
          : `Perhaps it should be ${guess}.`;
    this.#problem(at, 'is not known', advice);
  }

  #problem(at: YamlPath, fault: string, advice: string): void {
    this.#problems.add(`${this.#yaml.placeOf(at)}: ${pathText(at)} ${fault}. ${advice}`);
  }
}

type TextField = readonly [field: string, value: string];

/** What an entry says of a user or a password: one field, or by mistake several. */
function fieldsOf(what: 'user' | 'password', entry: CameraEntry): TextField[] {
  const given: [string, string | undefined][] =
    what === 'user'
      ? [
          ['user', entry.user],
          ['user-env', entry['user-env']],
          ['user-file', entry['user-file']],
        ]
      : [
          ['password-env', entry['password-env']],
          ['password-file', entry['password-file']],
        ];
  return given.flatMap(([field, value]) => (value === undefined ? [] : [[field, value]]));
}

/** What an entry says of its kvssink, as `name=value`; the last of a name counts. */
function sinkProperties({ retention, properties = {} }: CameraEntry): string[] {
  return [
    ...(retention === undefined ? [] : [`retention-period=${retention}`]),
    ...Object.entries(properties).map(([name, value]) => `${name}=${value}`),
  ];
}

/** A value of the wrong type, for a message. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
