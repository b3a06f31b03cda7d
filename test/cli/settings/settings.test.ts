import assert from 'node:assert/strict';
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createProgram } from '../../../src/cli/program.ts';
import { applySettings } from '../../../src/cli/settings/apply-settings.ts';
import { takeConfigOption } from '../../../src/cli/settings/config-option.ts';
import { readSettingsFile } from '../../../src/cli/settings/settings-file.ts';
import { settingsSchema } from '../../../src/cli/settings/settings-schema.ts';
import { KvsError } from '../../../src/errors/kvs-error.ts';
import { temporaryFolder } from '../../local/support/service.ts';

/** A program with every kind of option; `ran` has what its commands were given. */
function sample(): { program: Command; ran: Record<string, unknown>[] } {
  const ran: Record<string, unknown>[] = [];
  const program = new Command('sample').exitOverride().enablePositionalOptions();
  program
    .option('--profile <name>')
    .option('--config <file>')
    .action(() => {});
  const number = (text: string): number => {
    if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is a number.');
    return Number(text);
  };
  program
    .command('serve')
    .option('--port <number>', 'the port', number, 80)
    .option('--region <name>')
    .option('--profile <name>')
    .option('--quiet')
    .option('--sound [device]')
    .option('--listen [where]', 'where', (text: string) => text || 'everywhere')
    .addOption(new Option('--site <name>').env('SAMPLE_SITE'))
    .addOption(new Option('--inner').hideHelp())
    .addOption(new Option('--level <level>').choices(['low', 'high']))
    .option('--name <name>', 'may be repeated', (text, all: string[]) => [...all, text], [])
    .action((options: Record<string, unknown>) => {
      ran.push(options);
    });
  program
    .command('spool')
    .command('send')
    .option('--timeout <seconds>', 'time', number)
    .action((options: Record<string, unknown>) => {
      ran.push(options);
    });
  return { program, ran };
}

async function run(
  args: string[],
  file: string | undefined,
  env: Record<string, string>,
  folder: string,
): Promise<Record<string, unknown> | undefined> {
  const { program, ran } = sample();
  const path = join(folder, 'sample.yaml');
  if (file !== undefined) writeFileSync(path, file);
  const config = file === undefined ? {} : { KVS_LAUNCH_CONFIG: path };
  await applySettings(program, undefined, { HOME: folder, ...config, ...env });
  await program.parseAsync(args, { from: 'user' });
  return ran[0];
}

test('an option comes from the command line, else the environment, else the file, else the default', async (t) => {
  const folder = temporaryFolder(t);
  const file = 'serve:\n  port: 1\n';
  const port = async (args: string[], text: string | undefined, env: Record<string, string>) =>
    (await run(['serve', ...args], text, env, folder))?.['port'];
  assert.equal(await port(['--port', '3'], file, { KVS_LAUNCH_SERVE_PORT: '2' }), 3);
  assert.equal(await port([], file, { KVS_LAUNCH_SERVE_PORT: '2' }), 2);
  assert.equal(await port([], file, { KVS_LAUNCH_PORT: '4' }), 4);
  assert.equal(await port([], file, {}), 1);
  assert.equal(await port([], undefined, {}), 80);
});

test('a file has options of all commands, and a section of one command, which is nearer', async (t) => {
  const folder = temporaryFolder(t);
  const file = `
profile: garden
region: eu-west-1
serve:
  profile: door
  quiet: true
  level: high
  name: [a, b]
spool:
  send: { timeout: 30 }
`;
  const serve = await run(['serve'], file, {}, folder);
  assert.deepEqual(serve, {
    port: 80,
    profile: 'door',
    region: 'eu-west-1',
    quiet: true,
    level: 'high',
    name: ['a', 'b'],
  });
  assert.deepEqual(await run(['spool', 'send'], file, {}, folder), { timeout: 30 });
});

test("AWS's own variables are nearer than the file", async (t) => {
  const folder = temporaryFolder(t);
  const file = 'region: eu-west-1\nprofile: garden\n';
  const env = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIA' };
  const options = await run(['serve'], file, env, folder);
  assert.equal(options?.['region'], undefined);
  assert.equal(options?.['profile'], undefined);
});

for (const [what, file, message] of [
  ['a name that no option has', 'prot: 1', /there is no option prot.*Perhaps it should be port/s],
  ['such a name in a section', 'serve: { quite: true }', /option serve\.quite.*should be quiet/s],
  ['a value that the option refuses', 'serve: { port: x }', /serve\.port is x: It is a number/],
  ['a choice that there is not', 'serve: { level: mid }', /serve\.level is mid.*low, high/s],
  ['a flag that is neither true nor false', 'serve: { quiet: 5 }', /quiet is 5.*true or false/s],
  ['an option that is nobody’s business', 'serve: { inner: true }', /no option serve\.inner/],
  ['a map for a value', 'profile: { a: 1 }', /profile is \{"a":1\}/],
  ['a list for a file', '- a', /not a map of options/],
  ['no YAML', 'a: [', /sample\.yaml: .*line 1/s],
] as const) {
  test(`a file with ${what} is refused, with its name, the place and what to do`, async (t) => {
    const folder = temporaryFolder(t);
    await assert.rejects(run(['serve'], file, {}, folder), (error) => {
      assert.ok(error instanceof KvsError);
      assert.match(`${error.message}\n${error.advice}`, message);
      assert.ok(error.message.includes('sample.yaml'));
      return true;
    });
  });
}

test('a variable that the option refuses is named', async (t) => {
  await assert.rejects(
    run(['serve'], undefined, { KVS_LAUNCH_SERVE_PORT: 'x' }, temporaryFolder(t)),
    /KVS_LAUNCH_SERVE_PORT is x/,
  );
});

test('a named file is read, and one that is not there is an error', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'other.json'), '{"serve": {"port": 7}}');
  const { program, ran } = sample();
  await applySettings(program, join(folder, 'other.json'), { HOME: folder });
  await program.parseAsync(['serve'], { from: 'user' });
  assert.equal(ran[0]?.['port'], 7);
  await assert.rejects(
    applySettings(sample().program, '/nowhere.yaml', {}),
    /nowhere\.yaml.*ENOENT/,
  );
});

test('--config may stand behind the command, and is nothing to the command or the pipeline', () => {
  const take = (...words: string[]) => takeConfigOption(words);
  assert.deepEqual(take('get', 'door', '--config', 'a'), { file: 'a', args: ['get', 'door'] });
  assert.deepEqual(take('--config=a', '--config=b', 'get'), { file: 'b', args: ['get'] });
  const pipeline = ['fakesrc', '!', 'x', '--config', 'a'];
  assert.deepEqual(take(...pipeline), { file: undefined, args: pipeline });
  for (const words of [
    ['get', '--config'],
    ['--config', ''],
    ['--config', '!'],
  ]) {
    assert.throws(() => take(...words), /--config names no file/, words.join(' '));
  }
});

test('a flag that is false takes the place of one that is true further away', async (t) => {
  const folder = temporaryFolder(t);
  const quiet = async (file: string, env: Record<string, string> = {}) =>
    (await run(['serve'], file, env, folder))?.['quiet'];
  assert.equal(await quiet('quiet: true\n'), true);
  assert.equal(await quiet('quiet: true\nserve: { quiet: false }\n'), false);
  assert.equal(await quiet('quiet: true\n', { KVS_LAUNCH_QUIET: '0' }), false);
});

test('an option whose value may be left out is given without one by true', async (t) => {
  const folder = temporaryFolder(t);
  const options = await run(['serve'], 'serve: { sound: true, listen: true }\n', {}, folder);
  assert.equal(options?.['sound'], true);
  assert.equal(options?.['listen'], 'everywhere');
  const env = { KVS_LAUNCH_SERVE_SOUND: 'yes', KVS_LAUNCH_LISTEN: 'here' };
  const named = await run(['serve'], undefined, env, folder);
  assert.equal(named?.['sound'], true);
  assert.equal(named?.['listen'], 'here');
});

test('a variable of kvs-launch goes before one that the option names', async (t) => {
  const folder = temporaryFolder(t);
  process.env['SAMPLE_SITE'] = 'garden';
  t.after(() => delete process.env['SAMPLE_SITE']);
  const site = async (env: Record<string, string>) =>
    (await run(['serve'], 'site: farm\n', env, folder))?.['site'];
  assert.equal(await site({}), 'garden');
  assert.equal(await site({ KVS_LAUNCH_SERVE_SITE: 'door' }), 'door');
});

test('a file that is found is refused if it belongs to another user, and taken if it is named', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'kvs-launch.yaml');
  writeFileSync(path, 'profile: garden\n');
  const self = process.getuid?.() ?? 0;
  // Root's files are everybody's.
  if (self === 0) chownSync(path, 1, 1);
  const env = { XDG_CONFIG_HOME: folder };
  await assert.rejects(readSettingsFile(undefined, env, self + 2), (error) => {
    assert.ok(error instanceof KvsError);
    assert.match(error.message, /kvs-launch\.yaml belongs to another user \(uid \d+\)$/);
    assert.equal(error.advice, `Name it, if its options are to be used: --config ${path}`);
    return true;
  });
  const owner = self === 0 ? 1 : self;
  for (const [given, user] of [
    [path, self + 2],
    [undefined, owner],
  ] as const) {
    assert.deepEqual((await readSettingsFile(given, env, user))?.values, { profile: 'garden' });
  }
});

test('the schema takes a file that kvs-launch takes, and refuses what it refuses', () => {
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
    settingsSchema(createProgram()),
  );
  assert.ok(
    validate({
      ...{ profile: 'garden', 'log-level': 'debug', metrics: true },
      ...{ local: { port: 9000, data: '/var/kvs' }, camera: { audio: true, metrics: ':9464' } },
    }),
    JSON.stringify(validate.errors),
  );
  for (const wrong of [
    { prot: 1 },
    { local: { prt: 1 } },
    { 'log-level': 'loud' },
    { quiet: 'x' },
    { doctor: { probe: 1 } },
  ]) {
    assert.equal(validate(wrong), false, JSON.stringify(wrong));
  }
});
