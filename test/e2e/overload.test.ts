// A link that takes less than the encoder makes, and then more.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startService } from '../local/support/service.ts';
import { FaultProxy } from '../putmedia/support/fault-proxy.ts';
import { pipelineEnvironment, startPipeline, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';

const KBIT = 1_000;
const STREAM_KBITS = 6_000;
const LINK_KBITS = 3_000;
/** Bytes per second of a link that is no limit. */
const WIDE = 100_000_000;

/** Noise, which no encoder makes less of than its bit rate; without B-frames each frame is an access unit. */
function camera(stream: string, frames: number, storageMib: number): string[] {
  return words(`-m videotestsrc is-live=true pattern=snow num-buffers=${frames} !
    video/x-raw,width=320,height=240,framerate=30/1 ! x264enc name=encoder tune=zerolatency
    speed-preset=ultrafast bitrate=${STREAM_KBITS} key-int-max=30 ! h264parse !
    kvssink name=sink stream-name=${stream} storage-size=${storageMib} metrics-interval=0`);
}

/** A service behind a link of half the stream's rate. */
async function behindNarrowLink(t: TestContext) {
  const service = await startService(t);
  const proxy = new FaultProxy();
  t.after(() => proxy[Symbol.asyncDispose]());
  proxy.up.bandwidth = (LINK_KBITS * KBIT) / 8;
  await proxy.listen(Number(new URL(service.url).port));
  const environment = pipelineEnvironment(`http://localhost:${proxy.port}`);
  return { service, proxy, environment };
}

/** Frames that messages reported as dropped. */
function toldLost(output: string): number {
  const told = output.matchAll(/kvs-dropped-(?:frames|fragment), .*?frames=\(uint\)(\d+)/g);
  return [...told].reduce((sum, [, frames]) => sum + Number(frames), 0);
}

/** The bit rate that a message about too slow a link advises. */
const ADVICE = /reason=\(string\)overload, bitrate=\(guint64\)(\d+)/;

/** What the encoder was set to, in kbit/s, in its order. */
function changes(output: string): number[] {
  const set = output.matchAll(/^Bit rate of encoder: \d+ kbit\/s to (\d+) kbit\/s/gm);
  return [...set].map(([, kbits]) => Number(kbits));
}

test('a link of half the rate: frames are dropped and reported, and a bit rate is advised', async (t) => {
  const { service, proxy, environment } = await behindNarrowLink(t);
  const pipeline = startPipeline(t, 'gst-launch-1.0', camera('plain', 600, 2), environment);
  // Either comes first: what is dropped before the link was measured brings no advice.
  await pipeline.printed(/kvs-dropped-fragment/);
  await pipeline.printed(ADVICE);
  proxy.up.bandwidth = WIDE;
  const { stdout } = await pipeline.finished;
  const [, advised] = stdout.match(ADVICE) ?? [];
  assert.ok(Number(advised) < LINK_KBITS * KBIT, `${advised} bit/s`);
  assert.ok(Number(advised) > (LINK_KBITS * KBIT) / 2, `${advised} bit/s`);
  const lost = toldLost(stdout);
  assert.ok(lost > 0);
  assert.equal((await storedFrames(service, 'plain')).length, 600 - lost);
});

test('--adaptive-bitrate: the encoder goes below the link, nothing is lost, and it goes up again', async (t) => {
  const { service, proxy, environment } = await behindNarrowLink(t);
  const args = ['--adaptive-bitrate', ...camera('adaptive', 1_050, 16)];
  const pipeline = startPipeline(t, 'kvs-launch', args, environment);
  await pipeline.printed(/Bit rate of encoder: 6000 kbit\/s to \d+ kbit\/s \(the connection takes/);
  // The link stays narrow for a while: nothing is lost any more.
  await pause(10_000);
  proxy.up.bandwidth = WIDE;
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  const [first, ...others] = changes(stdout);
  assert.ok(first !== undefined && first < LINK_KBITS, `${first} kbit/s`);
  assert.ok((others.at(-1) ?? 0) > first, `${[first, ...others]} kbit/s`);
  assert.equal(toldLost(stdout), 0);
  assert.equal((await storedFrames(service, 'adaptive')).length, 1_050);
});
