import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pipelineEnvironment, startPipeline, WAYS, words } from '../e2e/support/run.ts';
import { startService } from '../local/support/service.ts';
import { gstreamerFile } from './support/media.ts';

/** Bytes of no codec that the caps call H.264, 30 buffers a second. */
const NOISE =
  'fakesrc num-buffers=90 sizetype=fixed sizemax=4096 filltype=pattern format=time datarate=122880 sync=true ! ' +
  'video/x-h264,stream-format=byte-stream,alignment=au,width=64,height=64 ! kvssink stream-name=camera';
/** H.264 with its parameter sets at the key frames. */
const RECORDING =
  'videotestsrc num-buffers=120 ! video/x-raw,width=160,height=120,framerate=30/1 ! x264enc key-int-max=30 ! ' +
  'h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream ! filesink location=OUT';

for (const way of WAYS) {
  test(`frames that are not what their caps say are an error under ${way}`, async (t) => {
    const service = await startService(t);
    const env = pipelineEnvironment(service.url);
    const { code, stderr, stdout } = await startPipeline(t, way, words(NOISE), env).finished;
    assert.notEqual(code, 0, stdout + stderr);
    assert.match(stdout + stderr, /None of \d+ frames can be stored/);
  });

  test(`a file that ends before its first key frame is an error under ${way}`, async (t) => {
    const service = await startService(t);
    const file = gstreamerFile(RECORDING, '.h264');
    // The delta frames of one GOP alone.
    const line = `filesrc location=${file} ! h264parse ! identity drop-buffer-flags=header ! queue ! kvssink stream-name=camera`;
    const env = pipelineEnvironment(service.url);
    const { code, stderr, stdout } = await startPipeline(t, way, words(line), env).finished;
    assert.notEqual(code, 0, stdout + stderr);
    assert.match(stdout + stderr, /None of \d+ frames can be stored/);
  });
}
