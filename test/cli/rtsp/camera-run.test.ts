import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startCameraRun } from '../../../src/cli/rtsp/camera-run.ts';
import { type Camera, DEFAULTS } from '../../../src/cli/rtsp/network-camera.ts';
import { KvsError } from '../../../src/errors/kvs-error.ts';
import type { BusMessage, Pipeline, StateChangeResult } from '../../../src/host/native/native.ts';

const CAMERA: Camera = {
  name: 'door',
  url: 'rtsp://camera/',
  user: 'joe',
  password: 'hunter2',
  streamName: 'door',
  sink: [],
  ...DEFAULTS,
};

/** A run of a pipeline that never says EOS; `goToNull` ends its last state change. */
function startStuckRun() {
  let post: (message: BusMessage) => void = () => {};
  let goToNull: (result: StateChangeResult) => void = () => {};
  const states: string[] = [];
  let isDisposed = false;
  const pipeline: Pipeline = {
    name: 'pipeline0',
    onMessage: (callback) => {
      post = callback;
    },
    setState: (state) => {
      states.push(state);
      if (state !== 'null') return Promise.resolve('no-preroll');
      return new Promise((resolve) => {
        goToNull = resolve;
      });
    },
    sendEos: () => Promise.resolve(true),
    recalculateLatency: () => Promise.resolve(true),
    watchProperties: () => {},
    upstreamOf: () => [],
    property: () => undefined,
    setProperty: () => Promise.resolve(true),
    dispose: async () => {
      isDisposed = true;
    },
  };
  const leftBehind: Promise<void>[] = [];
  const run = startCameraRun(
    { parseLaunch: () => pipeline },
    CAMERA,
    { codec: 'h264', audio: false },
    { quiet: true, write: () => {}, leftBehind: (freed) => leftBehind.push(freed) },
  );
  return {
    run,
    states,
    leftBehind,
    isDisposed: () => isDisposed,
    goToNull: () => goToNull('success'),
    prerolled: () =>
      post({
        type: 'state-changed',
        source: 'pipeline0',
        path: '/GstPipeline:pipeline0',
        sourceType: 'GstPipeline',
        fromPipeline: true,
        seqnum: 1,
        oldState: 'ready',
        newState: 'paused',
      }),
  };
}

describe('a connection to a camera', () => {
  it('that does not end is left behind, and stopped without anybody waiting for it', async () => {
    const { run, states, leftBehind, prerolled, goToNull, isDisposed } = startStuckRun();
    await setImmediate();
    prerolled();
    await setImmediate();
    run.stop();
    await setImmediate();
    assert.deepEqual(states, ['paused', 'playing'], 'it waits for EOS');
    run.stop();
    assert.equal(await run.ended, 130);
    assert.equal(leftBehind.length, 1);
    await setImmediate();
    assert.deepEqual(states, ['paused', 'playing', 'null']);
    assert.equal(isDisposed(), false);
    goToNull();
    await leftBehind[0];
    assert.equal(isDisposed(), true, 'its memory is free when it does end');
  });

  it('that no pipeline can make says what is missing, and no secret', async () => {
    const parseLaunch = (): never => {
      throw new Error('no element "rtph264depay" for rtsp://joe:hunter2@camera/');
    };
    const output = { quiet: true, write: () => {}, leftBehind: () => {} };
    const tracks = { codec: 'h264', audio: false } as const;
    await assert.rejects(startCameraRun({ parseLaunch }, CAMERA, tracks, output).ended, (error) => {
      assert.ok(error instanceof KvsError);
      assert.match(error.message, /cannot be built: no element "rtph264depay"/);
      assert.match(error.advice, /apt-get install gstreamer1\.0-plugins-good/);
      assert.doesNotMatch(error.describe(), /hunter2/);
      return true;
    });
  });
});
