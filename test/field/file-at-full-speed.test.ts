import assert from 'node:assert/strict';
import { test } from 'node:test';
import { media } from '../e2e/support/media.ts';
import { pipelineEnvironment, startPipeline, words } from '../e2e/support/run.ts';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

const FRAMES = 360;
function line(properties: string): string {
  return `filesrc location=${media('large.mp4')} ! qtdemux ! h264parse ! kvssink stream-name=film ${properties}`;
}

/** A file that nothing slows down, with every default: upstream loses none of it. */
test('a file that is read at full speed is stored whole, at its own times', async (t) => {
  const service = await startService(t);
  const outcome = await play(t, service, line(''));
  await check({ service, stream: 'film', outcome });
});

test('the same with a buffer smaller than the file: the file waits', async (t) => {
  const service = await startService(t);
  const outcome = await play(t, service, line('storage-size=16'));
  await check({ service, stream: 'film', outcome, player: 'none' });
});

test('the same under kvs-launch', async (t) => {
  const service = await startService(t);
  const env = pipelineEnvironment(service.url);
  const { finished } = startPipeline(t, 'kvs-launch', words(line('storage-size=16')), env);
  const { code, stderr } = await finished;
  assert.equal(code, 0, stderr);
  assert.equal((await storedFrames(service, 'film')).length, FRAMES);
});

/** The application was stopped for a while, and a burst of what its source has kept follows. */
test('the burst after an application was stopped is stored whole', async (t) => {
  const service = await startService(t);
  const env = pipelineEnvironment(service.url);
  const frames = 240;
  const running = startPipeline(
    t,
    'gst-launch-1.0',
    words(
      `-m videotestsrc is-live=true pattern=snow num-buffers=${frames} ! ` +
        'video/x-raw,width=320,height=240,framerate=30/1 ! ' +
        'x264enc tune=zerolatency speed-preset=ultrafast bitrate=40000 key-int-max=30 ! h264parse ! ' +
        'kvssink stream-name=burst',
    ),
    env,
  );
  await running.printed(/kvs-fragment-ack/);
  running.child.kill('SIGSTOP');
  setTimeout(() => running.child.kill('SIGCONT'), 4_000);
  const { code, stdout, stderr } = await running.finished;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /kvs-dropped/);
  assert.equal((await storedFrames(service, 'burst')).length, frames);
});
