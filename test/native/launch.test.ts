// The plugin as gst-launch-1.0 and gst-inspect-1.0 load it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { build, environment, parseRecord, run, withFolder } from './programs.ts';

before(() => build(), { timeout: 300_000 });

const SOURCE = [
  'videotestsrc',
  'num-buffers=60',
  '!',
  'video/x-raw,width=320,height=240',
  '!',
  'x264enc',
  'key-int-max=30',
  '!',
  'h264parse',
  '!',
];

test('gst-launch-1.0 hands over every frame, ends with EOS and code 0', async () => {
  await withFolder(async (folder) => {
    const record = join(folder, 'record');
    const args = [...SOURCE, 'kvssink', `stream-name=record:${record}`];
    const outcome = await run('gst-launch-1.0', args, environment(folder));
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stdout, /Got EOS from element/);
    const lines = parseRecord(readFileSync(record, 'utf8'));
    const frames = lines.filter((line) => line['type'] === 'frame');
    assert.equal(frames.length, 60);
    assert.equal(Number(frames[0]?.['flags']) & 1, 1);
    assert.equal(lines.at(-1)?.['type'], 'end');
  });
});

test('SIGINT without -e still hands over what was taken, and ends with code 0', async () => {
  await withFolder(async (folder) => {
    const record = join(folder, 'record');
    const pipeline = `videotestsrc is-live=true ! jpegenc ! kvssink stream-name=record:${record}`;
    const script = `gst-launch-1.0 ${pipeline} & pid=$!
      until grep -q '"frame"' '${record}' 2>/dev/null; do sleep 0.05; done
      kill -INT $pid; wait $pid`;
    const outcome = await run('bash', ['-m', '-c', script], environment(folder));
    assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
    const types = parseRecord(readFileSync(record, 'utf8')).map((line) => line['type']);
    assert.equal(types.filter((type) => type === 'drain').length, 1);
    assert.ok(types.indexOf('drain') > types.lastIndexOf('frame'));
  });
});

test('a missing node is an error and a code other than 0', async () => {
  await withFolder(async (folder) => {
    const env = { ...environment(folder), KVS_NODE: '/nowhere/node' };
    const outcome = await run('gst-launch-1.0', [...SOURCE, 'kvssink', 'stream-name=s'], env);
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr + outcome.stdout, /KVS_NODE is "\/nowhere\/node"/);
  });
});

test('the host is neither of the application’s session nor started with anything but its script', async () => {
  await withFolder(async (folder) => {
    const record = join(folder, 'record');
    const pipeline = `videotestsrc is-live=true ! jpegenc ! kvssink stream-name=record:${record} secret-key=TOPSECRET access-key=A`;
    const script = `gst-launch-1.0 -q ${pipeline} & pid=$!
      until grep -q '"frame"' '${record}' 2>/dev/null; do sleep 0.05; done
      host=$(pgrep -P $pid); ps -o sid=,pid= -p $host; tr '\\0' ' ' < /proc/$host/cmdline; echo
      tr '\\0' '\\n' < /proc/$host/environ | grep -c TOPSECRET; ls /proc/$host/fd | sort -n | head -4 | tr '\\n' ' '
      kill -INT $pid; wait $pid`;
    const outcome = await run('bash', ['-m', '-c', script], environment(folder));
    const [ids, command, secrets, descriptors] = outcome.stdout.trim().split('\n');
    const [session, host] = (ids ?? '').trim().split(/\s+/);
    assert.equal(session, host);
    assert.match(command ?? '', /fake-host\.mjs\s*$/);
    assert.equal(secrets, '0');
    assert.equal(descriptors?.trim(), '0 1 2 3');
    assert.equal(outcome.code, 0, outcome.stderr);
  });
});

test('gst-inspect-1.0 reads like documentation and finds no fault', async () => {
  await withFolder(async (folder) => {
    const outcome = await run('gst-inspect-1.0', ['kvssink'], environment(folder));
    assert.equal(outcome.code, 0);
    assert.doesNotMatch(outcome.stderr, /CRITICAL|WARNING/);
    for (const text of [
      'primary + 10 (266)',
      'Sink/Video/Network',
      'stream-error',
      'fragment-ack',
    ]) {
      assert.ok(outcome.stdout.includes(text), text);
    }
    assert.match(outcome.stdout, /storage-size\s+: Memory in MiB for media/);
  });
});
