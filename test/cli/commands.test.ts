import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { start } from '../e2e/support/run.ts';
import { temporaryFolder } from '../local/support/service.ts';

const COMMAND = join(packageRoot, 'bin', 'kvs-launch.js');

function kvsLaunch(...args: string[]) {
  return spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });
}

test('--version prints the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  assert.equal(kvsLaunch('--version').stdout, `${version}\n`);
});

test('--plugin-path prints a folder with the plugin and nothing else', () => {
  const folder = kvsLaunch('--plugin-path').stdout.trim();
  assert.ok(existsSync(join(folder, 'libgstkvssink.so')));
});

test('--help has every command and examples', () => {
  const { stdout, status } = kvsLaunch('--help');
  assert.equal(status, 0);
  for (const word of ['local', 'rtsp', 'health', 'build-native', '--profile', 'x264enc']) {
    assert.ok(stdout.includes(word), word);
  }
});

test('no pipeline, and an option that is not there, say what to do', () => {
  const empty = kvsLaunch();
  assert.equal(empty.status, 1);
  assert.match(empty.stderr, /empty pipeline not allowed.*--help/s);
  const unknown = kvsLaunch('--bogus');
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /unknown option '--bogus'.*--help/s);
});

test('help explains a command, and a misspelt command names the one that was meant', () => {
  assert.match(kvsLaunch('help', 'local').stdout, /--tls-port <number>/);
  assert.match(kvsLaunch('help').stdout, /Commands:/);
  const { status, stderr } = kvsLaunch('lcoal', '--port', '1');
  assert.equal(status, 1);
  assert.match(stderr, /no command "lcoal"\nDid you mean: kvs-launch local/);
  assert.match(
    kvsLaunch('spool', 'lst').stderr,
    /unknown command 'lst'.*Did you mean list.*Try kvs-launch spool --help/s,
  );
  assert.match(kvsLaunch('help', 'dcotor').stderr, /no command "dcotor".*kvs-launch help doctor/s);
  const unlike = kvsLaunch('help', 'x');
  assert.equal(unlike.status, 1);
  assert.match(unlike.stderr, /no command "x"\nThere are: help, .*doctor/);
});

test('a configuration file in the working directory is read, and its mistakes are errors', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'kvs-launch.yaml'), 'spool:\n  list:\n    jsn: true\n');
  const run = () =>
    spawnSync(process.execPath, [COMMAND, 'spool', 'list', folder], {
      cwd: folder,
      encoding: 'utf8',
    });
  const wrong = run();
  assert.equal(wrong.status, 1);
  assert.match(
    wrong.stderr,
    /kvs-launch\.yaml: there is no option spool\.list\.jsn\nPerhaps.* json/,
  );
  writeFileSync(join(folder, 'kvs-launch.yaml'), 'spool:\n  list:\n    json: true\n');
  assert.equal(run().stdout, '[]\n');
});

test('an option of gst-launch-1.0 may stand behind the pipeline', () => {
  const { status, stderr } = kvsLaunch('videotestsrc', '!', 'nosuchelement', '-q', '-e');
  assert.equal(status, 1);
  assert.match(stderr, /no element "nosuchelement"/);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`local says where it is, and ends with ${signal} and exit code 0`, async (t) => {
    const folder = temporaryFolder(t);
    const healthFile = join(folder, 'health.json');
    const service = start(
      t,
      process.execPath,
      [COMMAND, 'local', '--data', folder, '--port', '0'],
      {
        ...process.env,
        KVS_HEALTH_FILE: healthFile,
      },
    );
    const [, url] = await service.printed(/CONTROL_PLANE_URI=(http:\S+)/);
    const page = await fetch(`${url}/`);
    assert.equal(page.status, 200);
    await page.body?.cancel();
    service.child.kill(signal);
    assert.equal((await service.finished).code, 0);
    assert.equal(JSON.parse(readFileSync(healthFile, 'utf8')).serviceUrl, `${url}/health`);
  });
}

for (const args of [['completion', 'bash'], ['--help'], ['get', '--help'], ['--version']]) {
  test(`an output that takes no more, as on a full disk, is told, and the exit code is 1: ${args.join(' ')}`, (t) => {
    const full = openSync('/dev/full', 'w');
    t.after(() => closeSync(full));
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^ERROR: Standard output cannot be written: ENOSPC.*\n$/);
  });
}

test('local --log-file gets its log as JSON lines', async (t) => {
  const folder = temporaryFolder(t);
  const logFile = join(folder, 'local.log');
  const args = ['local', '--data', folder, '--port', '0', '--log-file', logFile];
  const service = start(t, process.execPath, [COMMAND, ...args]);
  const [, url] = await service.printed(/CONTROL_PLANE_URI=(http:\S+)/);
  await fetch(`${url}/describeStream`, { method: 'POST', body: '{}' });
  await service.printed(/refused/);
  assert.match(readFileSync(logFile, 'utf8'), /^\{"level":30,.*"msg":"refused/m);
});

test('a log file that cannot be opened is an error before anything runs', () => {
  const { status, stderr } = kvsLaunch(
    '--log-file',
    '/nonexistent/x',
    'videotestsrc',
    '!',
    'kvssink',
  );
  assert.equal(status, 1);
  assert.match(stderr, /log file cannot be opened.*\/nonexistent\/x.*Name a file/s);
});

test('local goes on when nobody reads its output any more', async (t) => {
  const folder = temporaryFolder(t);
  const service = start(t, process.execPath, [COMMAND, 'local', '--data', folder, '--port', '0'], {
    ...process.env,
  });
  const [, url] = await service.printed(/CONTROL_PLANE_URI=(http:\S+)/);
  service.child.stdout?.destroy();
  // Each refused request is a line in its log.
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(`${url}/createStream`, { method: 'POST', body: '{}' });
    assert.equal(answer.status, 403);
    await answer.body?.cancel();
  }
  service.child.kill('SIGTERM');
  assert.equal((await service.finished).code, 0);
});

test('an address for other machines without a port for HTTPS is refused', (t) => {
  const { status, stderr } = kvsLaunch('local', '--data', temporaryFolder(t), '--host', '0.0.0.0');
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^ERROR: --host 0\.0\.0\.0 opens nothing without --tls-port\nOther machines/,
  );
});

test('local names the port that is taken, and the option for another', async (t) => {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { status, stderr } = kvsLaunch('local', '--data', temporaryFolder(t), '--port', `${port}`);
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`ERROR: .*EADDRINUSE.*${port}\n.*--port.*0 is any free one`));
});

test('local on a folder that is in use, or damaged, is a sentence and no stack', async (t) => {
  const folder = temporaryFolder(t);
  const service = start(t, process.execPath, [COMMAND, 'local', '--data', folder, '--port', '0']);
  const [, url] = await service.printed(/CONTROL_PLANE_URI=(http:\S+)/);
  const second = kvsLaunch('local', '--data', folder, '--port', '0');
  assert.equal(second.status, 1);
  assert.match(
    second.stderr,
    new RegExp(`^ERROR: Another .*${service.child.pid} on .*${url}.*\n$`),
  );
  service.child.kill('SIGKILL');
  await service.finished;
  writeFileSync(join(folder, 'streams.json'), '[{');
  const third = kvsLaunch('local', '--data', folder, '--port', '0');
  assert.equal(third.status, 1);
  assert.match(third.stderr, /^ERROR: .*streams\.json is damaged.*\n$/);
});
