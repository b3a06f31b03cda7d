import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command, CommanderError } from 'commander';
import { type Camera, stopTimeoutMs } from '../../../src/cli/rtsp/network-camera.ts';
import { addRtspCommand } from '../../../src/cli/rtsp/rtsp-command.ts';
import type { RtspOptions } from '../../../src/cli/rtsp/rtsp-options.ts';
import { rtspPipeline } from '../../../src/cli/rtsp/rtsp-pipeline.ts';
import { readWords, singleCamera } from '../../../src/cli/rtsp/single-camera.ts';
import { MISSING, nextTracks } from '../../../src/cli/rtsp/track-choice.ts';
import { KvsError } from '../../../src/errors/kvs-error.ts';

const env = { STREAM_NAME: 'door' };

/** The camera that a command line names. */
function read(args: readonly string[], variables: Record<string, string>): Camera {
  let camera: Camera | undefined;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addRtspCommand(program);
  program.commands[0]?.action((words: string[], options: RtspOptions) => {
    camera = singleCamera(readWords(words), options, variables);
  });
  program.parse(['rtsp', ...args], { from: 'user' });
  assert.ok(camera);
  return camera;
}

describe('the arguments of kvs-launch rtsp', () => {
  it('need no more than an address and a stream name', () => {
    assert.deepEqual(read(['rtsp://camera:554/main'], env), {
      name: 'door',
      url: 'rtsp://camera:554/main',
      user: undefined,
      password: undefined,
      streamName: 'door',
      codec: undefined,
      transport: 'tcp',
      latencyMs: 200,
      audio: false,
      stallMs: 30_000,
      sink: [],
    });
  });

  it('take options in any order, and properties for kvssink', () => {
    const options = read(
      [
        'storage-size=64',
        '--latency=500',
        '--udp',
        '--stall',
        '5',
        '--audio',
        'retention-period=24',
      ],
      { RTSP_URL: 'rtsps://camera/', STREAM_NAME: 'door' },
    );
    assert.equal(options.url, 'rtsps://camera/');
    assert.equal(options.transport, 'udp');
    assert.equal(options.latencyMs, 500);
    assert.equal(options.stallMs, 5_000);
    assert.equal(options.audio, true);
    assert.deepEqual(options.sink, ['storage-size=64', 'retention-period=24']);
  });

  it('say how long kvssink may take to send what it has', () => {
    const given = (value: string) =>
      stopTimeoutMs(read(['rtsp://a/', `stop-stream-timeout=${value}`], env));
    assert.equal(given('20'), 20_000);
    assert.equal(given('0'), 120_000, '0 is the default, as for kvssink');
  });

  it('prefer what is on the command line to the environment', () => {
    const options = read(['rtsp://a/', '--stream-name', 'gate'], {
      RTSP_URL: 'rtsp://b/',
      STREAM_NAME: 'door',
    });
    assert.equal(options.url, 'rtsp://a/');
    assert.equal(options.streamName, 'gate');
    assert.equal(read(['rtsp://a/', 'stream-name=yard'], env).streamName, 'yard');
  });

  it('take name and password out of the address, and leave an @ in the path alone', () => {
    const options = read(['rtsp://joe:p%40ss:%zz@10.0.0.7/live@1?a=b&c=!'], env);
    assert.equal(options.url, 'rtsp://10.0.0.7/live@1?a=b&c=!');
    assert.equal(options.user, 'joe');
    assert.equal(options.password, 'p%40ss:%zz');
    const encoded = read(['rtsp://joe:p%40ss@10.0.0.7/'], env);
    assert.equal(encoded.password, 'p@ss');
    assert.equal(read(['rtsp://10.0.0.7/live@1'], env).url, 'rtsp://10.0.0.7/live@1');
  });

  const refused: [string, readonly string[], Record<string, string>, RegExp][] = [
    ['no address', [], env, /No camera/],
    ['no stream name', ['rtsp://camera/'], {}, /No stream/],
    ['an empty stream name', ['rtsp://camera/'], { STREAM_NAME: '' }, /No stream/],
    ['an address without a host', ['rtsp://'], env, /not an address/],
    ['an unknown option', ['rtsp://camera/', '--tcp'], env, /--tcp/],
    ['two addresses', ['rtsp://camera/', 'rtsp://other/'], env, /Two cameras/],
    ['a word', ['rtsp://camera/', 'fast'], env, /fast/],
    ['a latency that is none', ['rtsp://camera/', '--latency', 'soon'], env, /--latency.*soon/],
    ['another codec', ['rtsp://camera/', '--codec', 'vp8'], env, /--codec.*vp8/],
    ['an option without its value', ['rtsp://camera/', '--stream-name'], env, /--stream-name/],
  ];
  for (const [what, args, environment, message] of refused) {
    it(`are refused with ${what}`, () => {
      assert.throws(
        () => read(args, environment),
        (error: unknown) => {
          assert.ok(error instanceof CommanderError || error instanceof KvsError);
          if (error instanceof KvsError) {
            assert.equal(error.code, 'STATUS_INVALID_ARG');
            assert.notEqual(error.advice, '');
          }
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('never show a password in an error', () => {
    assert.throws(
      () => read(['rtsp://joe:secret@'], env),
      (error: unknown) => error instanceof KvsError && !error.describe().includes('secret'),
    );
  });
});

describe('the pipeline of a network camera', () => {
  it('links each branch to the track with its media', () => {
    const options = read(['rtsp://camera/', '--audio'], env);
    assert.equal(
      rtspPipeline(options, nextTracks(options, undefined)).join(' '),
      'kvssink name=sink stream-name="door"' +
        ' rtspsrc name=camera location="rtsp://camera/" protocols=tcp latency=200' +
        ' camera. ! application/x-rtp,media=video,encoding-name=H264 ! rtph264depay name=video ! h264parse ! queue ! sink.video_0' +
        ' camera. ! application/x-rtp,media=audio ! parsebin name=sound ! queue ! sink.audio_0',
    );
  });

  it('quotes what the parser would not take literally', () => {
    const options = read(
      ['rtsp://joe:a"b\\c!@camera/x y!z', 'fragment-metadata=a,b=c d', '--stream-name', 'my door'],
      {},
    );
    const text = rtspPipeline(options, nextTracks(options, undefined)).join(' ');
    assert.ok(text.includes('location="rtsp://camera/x y!z"'), text);
    assert.ok(text.includes('user-pw="a\\"b\\\\c!"'), text);
    assert.ok(text.includes('stream-name="my door"'), text);
    assert.ok(text.includes('fragment-metadata="a,b=c d"'), text);
  });
});

describe('the choice of tracks', () => {
  const wished = { codec: undefined, audio: true };
  const first = nextTracks(wished, undefined);

  it('begins with H.264, and takes the other codec when the camera has no such video', () => {
    assert.deepEqual(first, { codec: 'h264', audio: true });
    const second = nextTracks(wished, { tracks: first, exitCode: MISSING.video });
    assert.deepEqual(second, { codec: 'h265', audio: true });
    assert.deepEqual(nextTracks(wished, { tracks: second, exitCode: MISSING.video }), first);
  });

  it('does without sound when the camera has none', () => {
    const second = nextTracks(wished, { tracks: first, exitCode: MISSING.sound });
    assert.deepEqual(second, { codec: 'h264', audio: false });
  });

  it('stays as it is for a camera that cannot be reached, and for a codec that was given', () => {
    assert.deepEqual(nextTracks(wished, { tracks: first, exitCode: 1 }), first);
    const given = { codec: 'h264', audio: true } as const;
    assert.deepEqual(nextTracks(given, { tracks: first, exitCode: MISSING.video }), first);
  });
});
