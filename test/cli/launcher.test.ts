import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Launcher, type LaunchOptions } from '../../src/cli/launch/launcher.ts';
import type { PipelineControl } from '../../src/cli/launch/pipeline.ts';
import { EXIT } from '../../src/cli/process/exit-codes.ts';
import type { BusMessage, GstState, StateChangeResult } from '../../src/host/native/native.ts';

const PIPELINE = '/GstPipeline:pipeline0';

/** A pipeline that does what the test says. */
class ScriptedPipeline implements PipelineControl {
  readonly states: GstState[] = [];
  eosSent = 0;
  isWatched = false;
  pause: StateChangeResult = 'async';
  takesEos = true;
  #callback: (message: BusMessage) => void = () => {};
  #playing = (): void => {};
  readonly playing = new Promise<void>((resolve) => {
    this.#playing = resolve;
  });

  post(type: string, more: Partial<BusMessage> = {}): void {
    const fromPipeline = more.fromPipeline ?? true;
    this.#callback({
      type,
      source: fromPipeline ? 'pipeline0' : 'filesrc0',
      path: fromPipeline ? PIPELINE : `${PIPELINE}/GstFileSrc:filesrc0`,
      sourceType: 'x',
      fromPipeline,
      seqnum: 7,
      ...more,
    });
  }

  onMessage(callback: (message: BusMessage) => void): void {
    this.#callback = callback;
  }

  async setState(state: GstState): Promise<StateChangeResult> {
    this.states.push(state);
    if (state === 'paused') {
      if (this.pause === 'failure') {
        this.post('error', { fromPipeline: false, text: 'Resource not found.', debug: 'No file' });
        this.post('error', { fromPipeline: false, text: 'Resource not found.', debug: 'No file' });
      } else {
        this.post('state-changed', { newState: 'paused', oldState: 'ready' });
      }
      return this.pause;
    }
    if (state === 'playing') this.#playing();
    return 'success';
  }

  async sendEos(): Promise<boolean> {
    this.eosSent++;
    return this.takesEos;
  }

  async recalculateLatency(): Promise<boolean> {
    return true;
  }

  watchProperties(): void {
    this.isWatched = true;
  }

  async dispose(): Promise<void> {
    this.states.push('null');
  }
}

function launch(pipeline: ScriptedPipeline, options: Partial<LaunchOptions> = {}) {
  let stdout = '';
  let stderr = '';
  const settled: string[] = [];
  let nowNs = 0n;
  const launcher = new Launcher(
    pipeline,
    { quiet: false, messages: false, verbose: false, exclude: [], ...options },
    {
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      monotonicNs: () => {
        nowNs += 1_234_567_890n;
        return nowNs;
      },
      settled: async () => {
        settled.push('settled');
      },
    },
  );
  return { launcher, run: launcher.run(), stdout: () => stdout, stderr: () => stderr, settled };
}

test('to the end of the stream, word for word as gst-launch-1.0 -e', async () => {
  const pipeline = new ScriptedPipeline();
  const { run, stdout, stderr, settled } = launch(pipeline);
  await pipeline.playing;
  pipeline.post('latency', { fromPipeline: false });
  pipeline.post('new-clock', {
    structure: 'GstMessageNewClock, clock=(GstClock)"\\(GstSystemClock\\)\\ GstSystemClock";',
  });
  pipeline.post('eos');
  assert.equal(await run, EXIT.ok);
  assert.equal(
    stdout(),
    [
      'Setting pipeline to PAUSED ...',
      'Pipeline is PREROLLING ...',
      'Pipeline is PREROLLED ...',
      'Setting pipeline to PLAYING ...',
      'Redistribute latency...',
      'New clock: GstSystemClock',
      'Got EOS from element "pipeline0".',
      'EOS received - stopping pipeline...',
      'Execution ended after 0:00:01.234567890',
      'Setting pipeline to NULL ...',
      'Freeing pipeline ...',
      '',
    ].join('\n'),
  );
  assert.equal(stderr(), '');
  assert.deepEqual(settled, ['settled']);
});

test('a live pipeline says so', async () => {
  const pipeline = new ScriptedPipeline();
  pipeline.pause = 'no-preroll';
  const { run, stdout } = launch(pipeline);
  await pipeline.playing;
  pipeline.post('eos');
  await run;
  assert.match(
    stdout(),
    /Pipeline is live and does not need PREROLL \.\.\.\nPipeline is PREROLLED/,
  );
});

test('an error while playing: its text and details, exit code 1', async () => {
  const pipeline = new ScriptedPipeline();
  const { run, stderr } = launch(pipeline);
  await pipeline.playing;
  pipeline.post('error', { fromPipeline: false, text: 'It broke.', debug: 'line 1\nline 2' });
  assert.equal(await run, EXIT.error);
  assert.equal(
    stderr(),
    `ERROR: from element ${PIPELINE}/GstFileSrc:filesrc0: It broke.\n` +
      'Additional debug info:\nline 1\nline 2\n',
  );
});

test('a pipeline that cannot start: the error once, exit code 255', async () => {
  const pipeline = new ScriptedPipeline();
  pipeline.pause = 'failure';
  const { run, stderr } = launch(pipeline);
  assert.equal(await run, EXIT.stateChangeFailure);
  assert.equal(
    stderr(),
    `ERROR: from element ${PIPELINE}/GstFileSrc:filesrc0: Resource not found.\n` +
      'Additional debug info:\nNo file\n' +
      "ERROR: pipeline doesn't want to preroll.\n" +
      'Failed to set pipeline to PAUSED.\n',
  );
  assert.deepEqual(pipeline.states, ['paused', 'null', 'null']);
});

test('warnings do not end it', async () => {
  const pipeline = new ScriptedPipeline();
  const { run, stdout } = launch(pipeline);
  await pipeline.playing;
  pipeline.post('warning', { fromPipeline: false, text: 'Slow.', debug: 'why' });
  pipeline.post('eos');
  assert.equal(await run, EXIT.ok);
  assert.match(stdout(), /WARNING: from element .*: Slow\.\nAdditional debug info:\nwhy\n/);
});

test('the first interrupt ends the stream and waits for it', async () => {
  const pipeline = new ScriptedPipeline();
  const { launcher, run, stdout, settled } = launch(pipeline);
  await pipeline.playing;
  launcher.interrupt();
  assert.equal(pipeline.eosSent, 1);
  pipeline.post('eos');
  assert.equal(await run, EXIT.ok);
  assert.match(stdout(), /Waiting for EOS\.\.\.\nGot EOS from element "pipeline0"\.\nEOS received/);
  assert.deepEqual(settled, ['settled']);
});

test('the second interrupt does not wait', async () => {
  const pipeline = new ScriptedPipeline();
  const { launcher, run, settled } = launch(pipeline);
  await pipeline.playing;
  launcher.interrupt();
  launcher.interrupt();
  assert.equal(await run, EXIT.interrupted);
  assert.deepEqual(settled, []);
});

test('an interrupt at the end of the stream does not cut the sending short', async () => {
  const pipeline = new ScriptedPipeline();
  const { launcher, run, settled } = launch(pipeline);
  await pipeline.playing;
  pipeline.post('eos');
  await Promise.resolve();
  launcher.interrupt();
  assert.equal(await run, EXIT.ok);
  assert.deepEqual(settled, ['settled']);
});

test('an interrupt ends a pipeline that takes no EOS', async () => {
  const pipeline = new ScriptedPipeline();
  pipeline.takesEos = false;
  const { launcher, run } = launch(pipeline);
  await pipeline.playing;
  launcher.interrupt();
  assert.equal(await run, EXIT.ok);
});

test('verbose prints properties that change, but for those left out', async () => {
  const pipeline = new ScriptedPipeline();
  const { run, stdout } = launch(pipeline, { verbose: true, exclude: ['stats'] });
  await pipeline.playing;
  assert.ok(pipeline.isWatched);
  const path = `${PIPELINE}/GstKvsSink:kvssink0.GstPad:video_0`;
  pipeline.post('property-notify', { path, property: 'caps', text: 'video/x-h264' });
  pipeline.post('property-notify', { path, property: 'stats', text: 'many' });
  pipeline.post('eos');
  await run;
  assert.match(stdout(), /GstPad:video_0: caps = video\/x-h264\n/);
  assert.doesNotMatch(stdout(), /many/);
});

test('quiet prints errors alone, messages prints every message', async () => {
  const quiet = new ScriptedPipeline();
  const silent = launch(quiet, { quiet: true });
  await quiet.playing;
  quiet.post('eos');
  await silent.run;
  assert.equal(silent.stdout(), '');

  const pipeline = new ScriptedPipeline();
  const loud = launch(pipeline, { messages: true });
  await pipeline.playing;
  pipeline.post('element', { structure: 'kvs-x, a=(int)1;', fromPipeline: false });
  pipeline.post('stream-status', {
    fromPipeline: false,
    source: 'src',
    path: `${PIPELINE}/GstVideoTestSrc:videotestsrc0.GstPad:src`,
  });
  pipeline.post('eos');
  await loud.run;
  assert.match(
    loud.stdout(),
    /Got message #7 from element "filesrc0" \(element\): kvs-x, a=\(int\)1;/,
  );
  assert.match(
    loud.stdout(),
    /Got message #7 from pad "videotestsrc0:src" \(stream-status\): no message details/,
  );
});
