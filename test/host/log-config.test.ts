import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { elementLogger } from '../../src/host/log/element-logger.ts';
import { parseLogConfig, readLogConfig } from '../../src/host/log/log-config.ts';
import { withTextLog } from '../../src/host/log/text-log.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

const SAMPLE = `log4cplus.rootLogger=INFO, KvsConsoleAppender, KvsFileAppender
# comment
log4cplus.appender.KvsConsoleAppender=log4cplus::ConsoleAppender
log4cplus.appender.KvsFileAppender=log4cplus::TimeBasedRollingFileAppender
log4cplus.appender.KvsFileAppender.File = ./log/kvs.log
`;

test('level and file of a log4cplus file are honoured', () => {
  assert.deepEqual(parseLogConfig(SAMPLE), { level: 'info', file: './log/kvs.log' });
  assert.deepEqual(parseLogConfig('log4cplus.rootLogger=OFF'), {
    level: undefined,
    file: undefined,
  });
  assert.equal(parseLogConfig('something=else'), undefined);
  assert.equal(readLogConfig('/nonexistent/kvs_log_configuration'), undefined);
});

test('lines of that level and above go into the file, with their fields', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-log-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'log', 'kvs.log');
  const log = withTextLog(silentLogger, { level: 'info', file }, () => new Date(0));
  log.debug('not this');
  log.child({ stream: 'door' }).info('session opened', { session: 1 });
  log.error('broken');
  const expected =
    '1970-01-01T00:00:00.000Z INFO session opened [stream:door, session:1]\n' +
    '1970-01-01T00:00:00.000Z ERROR broken\n';
  for (let turns = 0; turns < 500; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    try {
      if (readFileSync(file, 'utf8') === expected) return;
    } catch {
      // Not written yet.
    }
  }
  assert.equal(readFileSync(file, 'utf8'), expected);
});

test('a file that cannot be written is reported, and logging continues', () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  withTextLog(logger, { level: 'info', file: '/proc/nope/kvs.log' }).info('x');
  assert.match(warnings[0] ?? '', /\/proc\/nope\/kvs\.log cannot be written/);
});

test('lines below the threshold are not even sent to the element', () => {
  const sent: (readonly [number, unknown, unknown])[] = [];
  const log = elementLogger(
    (event, code, text) => sent.push([event, code, text]),
    () => 'warning',
  );
  log.info('not this');
  log.child({ stream: 'door' }).warn('slow', { ms: 5, waitedMs: 119_999.199_65 });
  assert.deepEqual(sent, [[9, 2, 'slow [stream:door, ms:5, waitedMs:119999.2]']]);
});

test('${NAME} in a value is the environment’s variable; one that is not set stays as it is', () => {
  const text = [
    'log4cplus.rootLogger=${LEVEL}, KvsFile',
    'log4cplus.appender.KvsFile=log4cplus::RollingFileAppender',
    'log4cplus.appender.KvsFile.File=${FOLDER}/${ABSENT}/kvs.log',
  ].join('\n');
  const config = parseLogConfig(text, { LEVEL: 'WARN', FOLDER: '/var/log' });
  assert.deepEqual(config, { level: 'warning', file: '/var/log/${ABSENT}/kvs.log' });
});
