import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { storedFragments } from '../support/stored-fragments.ts';

const script = fileURLToPath(new URL('../../scripts/demo/main.js', import.meta.url));
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Starts what `npm run demo` runs after its set-up. */
function demo(...args: string[]): { child: ChildProcess; output: () => string; data: string } {
  const data = mkdtempSync(join(tmpdir(), 'kvs-demo-'));
  folders.push(data);
  const child = spawn(process.execPath, [script, '--data', data, ...args]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      child.emit('output');
    });
  }
  return { child, output: () => text, data };
}

function fragmentsOf(data: string): string[] {
  return storedFragments(join(data, 'streams', 'demo')).map(({ path }) => path);
}

/** Frames in all stored fragments, as ffprobe decodes them. */
function storedFrames(data: string): number {
  const count = ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames'];
  return fragmentsOf(data)
    .map((path) => spawnSync('ffprobe', [...count, '-of', 'csv=p=0', path], { encoding: 'utf8' }))
    .reduce((sum, { stdout }) => sum + Number(stdout.trim()), 0);
}

test('the demo shows where to watch and its figures, and ends by itself with exit code 0', async () => {
  const { child, output, data } = demo('--seconds', '5');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, output());
  assert.match(output(), /Running {2}gst-launch-1\.0 videotestsrc .* ! kvssink stream-name=demo/);
  assert.match(output(), /Watch at .*http:\/\/127\.0\.0\.1:\d+\/#demo/);
  assert.match(output(), / demo: \d+\.\d fps, [\d.]+ Mbit\/s, buffer .*, latency \d+ ms, ack/);
  assert.equal(storedFrames(data), 150);
});

test('Ctrl-C ends the demo with everything persisted and exit code 0', async () => {
  const { child, output, data } = demo();
  while (!/latency \d+ ms/.test(output())) await once(child, 'output');
  // Terminal and npm both pass it on.
  child.kill('SIGINT');
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, output());
  assert.match(output(), /buffer 0\.0 s[^\n]*\n+Ended cleanly/);
  assert.ok(fragmentsOf(data).length >= 2);
});

test('an option that is not there, and a port that is taken, are a sentence and no stack', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const attempts: [string[], number, RegExp][] = [
    [['--second', '3'], 2, /--second.*There are --seconds, --port and --data/],
    [['--port', `${port}`], 1, /EADDRINUSE.*\nWithout --port it takes any port/],
  ];
  for (const [args, code, text] of attempts) {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    assert.equal(status, code, stderr);
    assert.match(stderr, text);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});
