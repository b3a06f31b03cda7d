// The commands of the page on the spool, from first to last, with another directory.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { readSpoolKey } from '../../src/spool/cipher.ts';
import { freePort } from '../e2e/support/free-port.ts';
import { type Finished, pipelineEnvironment, start } from '../e2e/support/run.ts';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { commandsOf } from './pages.ts';

const FRAMES = 60;
const CAMERA = 'v4l2src device=/dev/video0 do-timestamp=true';
const TEST_CAMERA = `videotestsrc is-live=true num-buffers=${FRAMES}`;

/** Runs commands of the page as they stand, but for the camera and places of the machine. */
function shell(t: TestContext, url: string, folder: string) {
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  symlinkSync(join(packageRoot, 'bin', 'kvs-launch.js'), join(programs, 'kvs-launch'));
  const PATH = `${programs}:${process.env['PATH']}`;
  const env = pipelineEnvironment(url, { PATH, AWS_REGION: 'us-west-2' });
  return async (command: string, more = ''): Promise<Finished> => {
    const line = command
      .replace(CAMERA, TEST_CAMERA)
      .replace('/var/spool/kvs', join(folder, 'spool'))
      .replace('/etc/', `${folder}/`);
    return await start(t, 'sh', ['-c', `${line}${more}`], env).finished;
  };
}

test('the commands of the page on the spool: record while the service is away, look, send, delete', async (t) => {
  const [record, makeKey, list, send, drop, ...others] = commandsOf('docs/2-use/spool.md');
  assert.deepEqual(others, []);
  const folder = temporaryFolder(t);
  const port = await freePort();
  const run = shell(t, `http://127.0.0.1:${port}`, folder);
  const good = async (command = '', more = ''): Promise<string> => {
    const { code, stdout, stderr } = await run(command, more);
    assert.equal(code, 0, `${command}: ${stdout}${stderr}`);
    return stdout;
  };

  await good(makeKey);
  await readSpoolKey(join(folder, 'kvs-spool.key'));

  assert.ok(record?.includes(CAMERA));
  await good(record, ' stop-stream-timeout=1');
  assert.match(await good(list), /^door: \d+ fragments?, .*, 2 s, from /);

  const service = await startService(t, { port });
  // Nothing waits in another directory: its frames make the stream.
  await good(record?.replace('/var/spool/kvs', join(folder, 'other')));
  assert.match(await good(send), /door: 0 of \d+ fragments left/);
  assert.equal((await storedFrames(service, 'door')).length, 2 * FRAMES);
  await good(drop);
  assert.equal(existsSync(join(folder, 'spool', 'door.spool')), false);
});
