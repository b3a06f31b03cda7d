import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { createLogger } from '../../src/runtime/create-logger.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { pinoLogger } from '../../src/runtime/pino-logger.ts';
import { temporaryFolder } from '../local/support/service.ts';
import { logLines } from './log-lines.ts';

test('a pino logger gets level, message and fields, and its children their own', async (t) => {
  const file = join(temporaryFolder(t), 'log');
  const stream = createWriteStream(file);
  const log = pinoLogger(pino({ level: 'debug' }, stream));
  log.debug('begun');
  log.child({ stream: 'door', session: 3 }).warn('lost', { fragment: 7, timecode: 2n ** 60n });
  log.error('broken', { bytes: 12n });
  stream.end();
  await once(stream, 'close');
  const [begun, lost, broken] = logLines(file);
  assert.equal(begun?.['level'], 20);
  assert.equal(begun?.['msg'], 'begun');
  const { level, msg, stream: name, session, fragment, timecode } = lost ?? {};
  assert.deepEqual(
    { level, msg, name, session, fragment, timecode },
    { level: 40, msg: 'lost', name: 'door', session: 3, fragment: 7, timecode: `${2n ** 60n}` },
  );
  assert.equal(broken?.['bytes'], 12);
});

test('createLogger appends lines of its level to a file, each at once', (t) => {
  const destination = join(temporaryFolder(t), 'kvs.log');
  createLogger({ destination }).debug('not this');
  createLogger({ destination, level: 'debug' }).debug('first');
  createLogger({ destination }).child({ stream: 'door' }).info('second');
  const lines = logLines(destination);
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['first', 'second'],
  );
  assert.match(String(lines[1]?.['time']), /^\d{4}-\d\d-\d\dT/);
  assert.equal(lines[1]?.['stream'], 'door');
});

test('a log file in a folder that is not there is an error that says what to do', () => {
  assert.throws(() => createLogger({ destination: '/nonexistent/kvs.log' }), {
    code: 'STATUS_OPEN_FILE_FAILED',
    message: /\/nonexistent\/kvs\.log/,
    advice: /folder/,
  });
});

test('a full disk is reported once on stderr, and the program continues', {
  skip: !existsSync('/dev/full') && 'this system has no file that is always full',
}, () => {
  const module = pathToFileURL(join(packageRoot, 'dist/src/runtime/create-logger.js')).href;
  const program = `
    import { createLogger } from ${JSON.stringify(module)};
    const log = createLogger({ destination: '/dev/full' });
    for (let i = 0; i < 1000; i++) log.info('x'.repeat(10_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log('went on', process.memoryUsage().rss < 150e6);`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'went on true\n');
  assert.deepEqual(stderr.match(/cannot be written/g), ['cannot be written'], stderr);
});

test('pino is loaded by createLogger and by nothing else of the library', () => {
  const module = pathToFileURL(join(packageRoot, 'dist/src/index.js')).href;
  const program = `
    import { createRequire } from 'node:module';
    const { createLogger, KinesisVideoProducer } = await import(${JSON.stringify(module)});
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/pino/'));
    new KinesisVideoProducer({ region: 'eu-west-1' });
    const before = isLoaded();
    createLogger();
    console.log(before, isLoaded());`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: packageRoot,
  });
  assert.equal(stdout, 'false true\n');
});
