import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';

/** What npm and a pipeline need of a machine; no compiler, no make, no python. */
const PROGRAMS = ['node', 'npm', 'npx', 'sh', 'env', 'gst-launch-1.0', 'gst-inspect-1.0', 'uname'];

const PIPELINE =
  'videotestsrc num-buffers=50 ! video/x-raw,width=320,height=240 ! x264enc key-int-max=25 ! h264parse !';

describe('the packed package, installed where there is no compiler', () => {
  let work = '';
  let project = '';
  let env: NodeJS.ProcessEnv = {};

  /** Runs a program in the project; its failure is the test's. */
  function run(command: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): string {
    const result = tryRun(command, args, more);
    assert.equal(
      result.status,
      0,
      `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`,
    );
    return result.stdout;
  }

  function tryRun(
    command: string,
    args: readonly string[],
    more: NodeJS.ProcessEnv = {},
  ): SpawnSyncReturns<string> {
    return spawnSync(command, args, { cwd: project, env: { ...env, ...more }, encoding: 'utf8' });
  }

  before(() => {
    work = mkdtempSync(join(tmpdir(), 'kvs-launch-package-'));
    project = join(work, 'project');
    mkdirSync(project);
    const packed = spawnSync(
      process.execPath,
      [join(packageRoot, 'scripts', 'pack.mjs'), '--own-build', '--to', work],
      { encoding: 'utf8' },
    );
    assert.equal(packed.status, 0, packed.stdout + packed.stderr);
    env = bareEnvironment(join(work, 'bin'));
    writeFileSync(join(project, 'package.json'), '{"name":"consumer","private":true}');
    const tarball = packed.stdout.trim().split('\n').at(-1) ?? '';
    // Of a whole run of the tests: scripts/test.mjs.
    const certificates = process.env['KVS_TEST_CA_CERTS'] ?? process.env['NODE_EXTRA_CA_CERTS'];
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], {
      NODE_EXTRA_CA_CERTS: certificates,
    });
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const installed = (...path: string[]): string =>
    join(project, 'node_modules', 'kvs-launch', ...path);

  it('holds what runs, and what it is compiled from, and nothing else', () => {
    const top = new Set(readdirSync(installed()));
    const expected = [
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'bin',
    ];
    expected.push('THIRD-PARTY-LICENSES.md');
    expected.push('dist', 'docs', 'examples', 'native', 'package.json', 'prebuilds', 'scripts');
    assert.deepEqual(top, new Set(expected));
    assert.deepEqual(readdirSync(installed('dist')).sort(), [
      'bundle',
      'kvs-launch-cameras.schema.json',
      'kvs-launch.schema.json',
      'man',
      'page',
      'types',
    ]);
    const examples = readdirSync(installed('examples'));
    for (const name of ['README.md', 'h264-file', 'systemd']) assert.ok(examples.includes(name));
    assert.ok(!examples.includes('compose'), 'it builds an image of the sources');
    const types = ['consumer.d.ts', 'index.d.ts', 'local.d.ts'];
    assert.deepEqual(readdirSync(installed('dist', 'types')).sort(), types);
    const files = readdirSync(installed(), { recursive: true }).map(String);
    assert.deepEqual(
      files.filter((name) => /\.map$|\.test\.|(^|\/)(build|node_modules)(\/|$)/.test(name)),
      [],
    );
  });

  it('links to nothing that it does not hold', () => {
    const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];
    const docs = readdirSync(installed('docs'), { recursive: true }) as string[];
    pages.push(...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)));
    const broken = pages.flatMap((page) =>
      [...readFileSync(installed(page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .filter(([, link = '']) => !existsSync(join(dirname(installed(page)), link)))
        .map(([, link]) => `${page}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  it('has no install script, says so to npm, and is for every system', () => {
    const manifest = JSON.parse(readFileSync(installed('package.json'), 'utf8'));
    assert.equal(manifest.gypfile, false);
    // npm would refuse it on systems where all but kvssink works.
    assert.equal(manifest.os ?? manifest.cpu ?? manifest.libc, undefined);
    const scripts = Object.keys(manifest.scripts ?? {});
    assert.deepEqual(
      scripts.filter((name) => /install|prepare/.test(name)),
      [],
    );
  });

  it('depends on every package that it imports, and on no other', () => {
    const manifest = JSON.parse(readFileSync(installed('package.json'), 'utf8'));
    const imported = importedPackages(installed('dist', 'bundle'));
    const listed = new Set([
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.optionalDependencies),
    ]);
    assert.deepEqual(
      [...imported].filter((name) => !listed.has(name)),
      [],
    );
    // node-addon-api is what binding.gyp needs.
    const unused = [...listed].filter((name) => !imported.has(name) && name !== 'node-addon-api');
    assert.deepEqual(unused, []);
  });

  it('prints the folder of the plugin, in which gst-inspect-1.0 finds kvssink', () => {
    const folder = run('npx', ['kvs-launch', '--plugin-path']).trim();
    assert.equal(folder, installed('prebuilds', `linux-${process.arch}`, 'gstreamer-1.0'));
    const text = run('gst-inspect-1.0', ['kvssink'], { GST_PLUGIN_PATH: folder });
    assert.match(text, /stream-name/);
  });

  it('streams to its own local service, with kvs-launch and with gst-launch-1.0', async () => {
    const service = spawn('npx', ['kvs-launch', 'local', '--port', '0', '--data', 'kvs'], {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    try {
      const settings = await printedEnvironment(service);
      run('npx', ['kvs-launch', ...`${PIPELINE} kvssink stream-name=a`.split(' ')], settings);
      const folder = run('npx', ['kvs-launch', '--plugin-path']).trim();
      run('gst-launch-1.0', `-q ${PIPELINE} kvssink stream-name=b`.split(' '), {
        ...settings,
        GST_PLUGIN_PATH: folder,
      });
      const failed = tryRun('npx', ['kvs-launch', 'videotestsrc', '!', 'nosuchelement'], settings);
      assert.equal(failed.status, 1);
      assert.match(failed.stderr, /no element "nosuchelement"/);
    } finally {
      if (service.pid !== undefined) process.kill(-service.pid, 'SIGTERM');
      if (service.exitCode === null) await once(service, 'exit');
    }
    assert.equal(storedFrames(join(project, 'kvs')), 100);
  });

  it('says what to install where it is to be compiled and cannot be', () => {
    const { status, stderr, stdout } = tryRun('npx', ['kvs-launch', 'build-native']);
    assert.notEqual(status, 0);
    assert.match(stderr + stdout, /apt-get install .*g\+\+.*libgstreamer1\.0-dev/);
    // Development files without a compiler: make alone would not say what to install.
    const tools = join(work, 'tools');
    linkPrograms(tools, ['pkg-config', 'make', 'python3']);
    const PATH = `${env['PATH']}${delimiter}${tools}`;
    const later = tryRun('npx', ['kvs-launch', 'build-native'], { PATH });
    assert.equal(later.status, 1);
    assert.match(later.stderr, /^g\+\+ is not installed\. On Debian: apt-get install .*g\+\+/m);
  });

  it('has types that ESM and CommonJS programs compile against, and runs in both', () => {
    for (const name of ['@types/node', 'undici-types']) {
      const to = join(project, 'node_modules', name);
      cpSync(join(packageRoot, 'node_modules', name), to, { recursive: true });
    }
    const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    for (const [file, module] of [
      ['consumer.mts', 'nodenext'],
      ['consumer.cts', 'nodenext'],
      ['consumer.cts', 'node20'],
    ] as const) {
      cpSync(join(packageRoot, 'test', 'package', 'consumer', file), join(project, file));
      const options = ['--module', module, '--target', 'es2023', '--types', 'node', '--strict'];
      run(process.execPath, [tsc, ...options, file]);
      const printed = run('node', [file.replace(/ts$/, 'js')]);
      assert.equal(printed.trim(), 'STATUS_NOT_FOUND function function');
    }
  });

  it('has types for strict programs, of each module resolution, with and without @types/node', () => {
    const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    for (const file of ['events.mts', 'node-events.mts']) {
      cpSync(join(packageRoot, 'test', 'package', 'consumer', file), join(project, file));
    }
    // The oldest library that has what they name; Symbol.asyncDispose they bring themselves.
    const strict = ['--noEmit', '--target', 'es2022', '--lib', 'es2022', '--strict'];
    strict.push('--exactOptionalPropertyTypes', '--verbatimModuleSyntax', '--skipLibCheck');
    for (const module of ['node16', 'nodenext', 'esnext']) {
      const resolution = module === 'esnext' ? 'bundler' : module;
      const options = ['--module', module, '--moduleResolution', resolution];
      // With `--skipLibCheck false` the declaration files themselves are looked at.
      run(process.execPath, [tsc, ...strict, 'false', ...options, '--types', '', 'events.mts']);
      const files = ['events.mts', 'node-events.mts'];
      run(process.execPath, [tsc, ...strict, 'true', ...options, '--types', 'node', ...files]);
    }
  });

  it('is found right by publint and attw', () => {
    const tool = (name: string, ...path: string[]): string =>
      join(packageRoot, 'node_modules', name, ...path);
    const tarball = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '';
    run(process.execPath, [tool('publint', 'src', 'cli.js'), join(work, tarball), '--strict']);
    // The package is ESM: every Node that it runs on can require() that, which attw does not know.
    const ignored = ['--ignore-rules', 'cjs-resolves-to-esm', '--profile', 'node16'];
    const attw = tool('@arethetypeswrong', 'cli', 'dist', 'index.js');
    run(process.execPath, [attw, join(work, tarball), ...ignored, '--no-color', '--no-emoji']);
  });

  it('is small', () => {
    const tarball = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '';
    const megabytes = statSync(join(work, tarball)).size / 1e6;
    assert.ok(megabytes < 1.8, `${megabytes} MB`);
    const modules = spawnSync('du', ['-sm', join(project, 'node_modules')], { encoding: 'utf8' });
    const installedMegabytes = Number.parseInt(modules.stdout, 10);
    // A third of it is the muxer of kvs-launch get and what serves --metrics, with their sources.
    assert.ok(installedMegabytes < 50, `${installedMegabytes} MB in node_modules`);
  });
});

/** A folder for PATH with these programs of the machine's. */
function linkPrograms(folder: string, programs: readonly string[]): void {
  mkdirSync(folder);
  const path = (process.env['PATH'] ?? '').split(delimiter);
  for (const program of programs) {
    const found = path.map((entry) => join(entry, program)).find((name) => existsSync(name));
    if (found !== undefined) symlinkSync(found, join(folder, program));
  }
}

/** An environment whose PATH has the programs of a bare machine and nothing else. */
function bareEnvironment(folder: string): NodeJS.ProcessEnv {
  linkPrograms(folder, PROGRAMS);
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    // npm run hands its own settings on to every npm below it.
    if (!/^(AWS|KVS|KVSSINK|GST|CONTROL_PLANE|npm)_/.test(name)) env[name] = value;
  }
  return { ...env, PATH: folder, AWS_EC2_METADATA_DISABLED: 'true' };
}

/** The `export` lines that `kvs-launch local` prints. */
async function printedEnvironment(service: ChildProcess): Promise<NodeJS.ProcessEnv> {
  let text = '';
  const { stdout } = service;
  assert.ok(stdout);
  for await (const chunk of stdout) {
    text += String(chunk);
    if (/AWS_SECRET_ACCESS_KEY=.*\n/.test(text)) break;
  }
  const settings: NodeJS.ProcessEnv = {};
  for (const [, name = '', value] of text.matchAll(/export (\w+)=(.*)/g)) settings[name] = value;
  assert.ok(settings['CONTROL_PLANE_URI'], text);
  return settings;
}

function storedFrames(folder: string): number {
  let frames = 0;
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    if (!name.endsWith('.mkv')) continue;
    const reader = new MatroskaReader({
      block: () => {
        frames += 1;
      },
    });
    reader.push(readFileSync(join(folder, name)));
    reader.end();
  }
  return frames;
}

/** Names of the packages that the compiled code imports or requires. */
function importedPackages(folder: string): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true }).map(String)) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    const pattern =
      /(?:from |import\(|import |[rR]equire\d*(?:\(import\.meta\.(?:url|filename)\))?\()"([^"./][^"]*)"/g;
    for (const [, specifier = ''] of text.matchAll(pattern)) {
      if (specifier.startsWith('node:') || !/^[@a-z]/.test(specifier)) continue;
      const [scope = '', name = ''] = specifier.split('/');
      names.add(scope.startsWith('@') ? `${scope}/${name}` : scope);
    }
  }
  return names;
}
