// What gst-device-monitor-1.0 prints, in the forms that versions and providers have.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { cameraPipeline, commandLine } from '../../../src/cli/camera/camera-pipeline.ts';
import { chooseDevice } from '../../../src/cli/camera/device-choice.ts';
import { deviceList } from '../../../src/cli/camera/device-list.ts';
import { type Device, parseDevices } from '../../../src/cli/camera/devices.ts';
import {
  chooseEncoder,
  H264_ENCODERS,
  type Trial,
} from '../../../src/cli/camera/encoder-choice.ts';
import { chooseFormat } from '../../../src/cli/camera/format-choice.ts';

/** A webcam by GStreamer's own provider, with types in front of the values. */
const WEBCAM = `
Device found:

	name  : Webcam C310
	class : Video/Source
	caps  : video/x-raw, format=(string)YUY2, width=(int)1280, height=(int)720, framerate=(fraction)10/1
	        video/x-raw, format=(string)YUY2, width=(int)640, height=(int)480, framerate={ (fraction)30/1, (fraction)15/1 }
	        image/jpeg, width=(int)1280, height=(int)720, framerate=(fraction)30/1
	        image/jpeg, width=(int)1920, height=(int)1080, framerate=(fraction)30/1
	properties:
		device.api = v4l2
		device.path = /dev/video0
	gst-launch-1.0 v4l2src device=/dev/video0 ! ...

`;

/** The same camera once more by PipeWire, one that encodes, and sound with its monitor. */
const PIPEWIRE = `
Device found:

	name  : Webcam C310 (V4L2)
	class : Video/Source
	caps  : image/jpeg, width=1280, height=720, framerate={ (fraction)30/1, (fraction)5/1 }
	properties:
		api.v4l2.path = /dev/video0
		object.path = v4l2:/dev/video0
	gst-launch-1.0 pipewiresrc target-object=76 ! ...


Device found:

	name  : HD Pro Webcam C920
	class : Video/Source
	caps  : video/x-h264, stream-format=byte-stream, alignment=au, width=1920, height=1080, pixel-aspect-ratio=1/1, framerate={ (fraction)30/1, (fraction)24/1 }
	        video/x-h264, stream-format=byte-stream, alignment=au, width=1280, height=720, pixel-aspect-ratio=1/1, framerate={ (fraction)30/1, (fraction)24/1 }
	        video/x-raw, format=YUY2, width=1280, height=720, pixel-aspect-ratio=1/1, framerate={ (fraction)10/1, (fraction)5/1 }
	properties:
		api.v4l2.path = /dev/video2
	gst-launch-1.0 pipewiresrc target-object=78 ! ...


Device found:

	name  : Built-in Audio Analog Stereo
	class : Audio/Source
	caps  : audio/x-raw, format={ (string)S16LE, (string)F32LE }, rate=[ 1, 384000 ], channels=2
	properties:
		device.class = sound
	gst-launch-1.0 pulsesrc device="alsa_input.pci 0.analog" ! ...


Device found:

	name  : Monitor of Built-in Audio
	class : Audio/Source
	caps  : audio/x-raw, rate=[ 1, 384000 ]
	properties:
		device.class = monitor
	gst-launch-1.0 pulsesrc device=alsa_output.monitor ! ...

`;

/** A camera module of the Raspberry Pi, by libcamera. */
const LIBCAMERA = `[0:12:10.1] [80]  INFO Camera libcamera v0.0.5

Device found:

	name  : /base/soc/i2c0mux/i2c@1/imx219@10
	class : Source/Video
	caps  : video/x-raw, format=NV12, width=160, height=120
	        video/x-raw, format=NV12, width=[ 32, 3280, 2 ], height=[ 32, 2464, 2 ]
	gst-launch-1.0 libcamerasrc camera-name="/base/soc/i2c0mux/i2c\\@1/imx219\\@10" ! ...

`;

const [webcam] = parseDevices(WEBCAM);
const [, encoding] = parseDevices(PIPEWIRE);
const [module] = parseDevices(LIBCAMERA);
const X264 = H264_ENCODERS.find(({ name }) => name === 'x264enc');

function pipelineOf(device: Device | undefined, fps = 30): string {
  assert.ok(device);
  const format = chooseFormat(device, undefined, fps);
  const parts = { framesPerSecond: fps, kbits: 2000, keyIntervalS: 2, audio: undefined };
  const sink = ['stream-name=door'];
  return cameraPipeline({ ...parts, source: device.source, format, encoder: X264, sink }).join(' ');
}

test('devices have name, path, element and formats, each device once and no monitors', () => {
  const devices = parseDevices(WEBCAM + PIPEWIRE);
  assert.deepEqual(
    devices.map(({ kind, name, path }) => [kind, name, path]),
    [
      ['video', 'Webcam C310', '/dev/video0'],
      ['video', 'HD Pro Webcam C920', '/dev/video2'],
      ['audio', 'Built-in Audio Analog Stereo', undefined],
    ],
  );
  assert.deepEqual(webcam?.formats[1], {
    mediaType: 'video/x-raw',
    pixelFormat: 'YUY2',
    width: 640,
    height: 480,
    rates: [
      { text: '30/1', perSecond: 30 },
      { text: '15/1', perSecond: 15 },
    ],
  });
  // A service has no session for PipeWire's element.
  assert.deepEqual(encoding?.source, ['v4l2src', 'device=/dev/video2', 'do-timestamp=true']);
  assert.deepEqual(devices[2]?.source, ['pulsesrc', 'device="alsa_input.pci 0.analog"']);
});

test('libcamera’s devices are cameras, with the name as their element takes it', () => {
  assert.equal(module?.kind, 'video');
  assert.equal(module?.source[1], 'camera-name="/base/soc/i2c0mux/i2c\\@1/imx219\\@10"');
  assert.match(pipelineOf(module), /video\/x-raw,format=NV12,width=1280,height=720 ! videoconvert/);
});

test('a camera that gives H.264 is not encoded again', () => {
  assert.equal(
    pipelineOf(encoding),
    'v4l2src device=/dev/video2 do-timestamp=true ! ' +
      'video/x-h264,width=1280,height=720,framerate=30/1 ! h264parse ! queue ! kvssink stream-name=door',
  );
});

test('M-JPEG is decoded where raw pictures are too slow, and is not where they are not', () => {
  assert.match(
    pipelineOf(webcam),
    /image\/jpeg,width=1280,height=720,framerate=30\/1 ! jpegdec ! videoconvert ! video\/x-raw,format=I420 ! x264enc .*bitrate=2000 key-int-max=60 ! h264parse/,
  );
  assert.match(pipelineOf(webcam, 10), /video\/x-raw,format=YUY2,width=1280,.*framerate=10\/1/);
});

test('a size that the camera does not have is refused with those that it has', () => {
  assert.ok(webcam);
  assert.throws(() => chooseFormat(webcam, { width: 800, height: 600 }, 30), {
    message: 'Webcam C310 does not deliver 800x600',
    advice: 'It has 1280x720, 640x480, 1920x1080.',
  });
  const { width, mediaType } = chooseFormat(webcam, { width: 1920, height: 1080 }, 30);
  assert.deepEqual({ width, mediaType }, { width: 1920, mediaType: 'image/jpeg' });
});

test('a rate that the camera does not have becomes the nearest that it has', () => {
  assert.ok(encoding);
  assert.equal(chooseFormat(encoding, undefined, 25).rate, '24/1');
  assert.equal(chooseFormat(encoding, undefined, 60).rate, '30/1');
  const [ranged] = parseDevices(WEBCAM.replaceAll(/framerate=.*/g, 'framerate=[ 0/1, 60/1 ]'));
  assert.ok(ranged);
  assert.equal(chooseFormat(ranged, undefined, 12.5).rate, '12500/1000');
});

test('a device is named by its path, its name, a part of it, or its number', async () => {
  const list = async () => parseDevices(WEBCAM + PIPEWIRE);
  for (const wanted of ['/dev/video2', 'HD Pro Webcam C920', 'c920', '1']) {
    assert.equal((await chooseDevice('video', wanted, list)).path, '/dev/video2', wanted);
  }
  assert.equal((await chooseDevice('video', undefined, list)).path, '/dev/video0');
  assert.equal((await chooseDevice('audio', '0', list)).kind, 'audio');
  // Not in the list; perhaps the list is not complete.
  assert.equal((await chooseDevice('video', '/dev/video9', list)).path, '/dev/video9');
  await assert.rejects(chooseDevice('video', 'c999', list), /no camera "c999"/);
  await assert.rejects(
    chooseDevice('video', undefined, async () => []),
    /There is no camera/,
  );
});

test('a path is enough where the list cannot be had', async () => {
  const fails = async (): Promise<never> => {
    throw new Error('gst-device-monitor-1.0 is not installed');
  };
  assert.equal((await chooseDevice('video', '/dev/video0', fails)).path, '/dev/video0');
  await assert.rejects(chooseDevice('video', undefined, fails), /not installed/);
});

test('the list has numbers and formats, and is JSON for programs', () => {
  const devices = parseDevices(WEBCAM + PIPEWIRE);
  const text = deviceList(devices, false);
  assert.match(text, /^video 1: HD Pro Webcam C920 \(\/dev\/video2\)$/m);
  assert.match(text, /^ {4}video\/x-raw YUY2 640x480 30, 15 fps$/m);
  assert.match(text, /^audio 0: Built-in Audio/m);
  const [first] = JSON.parse(deviceList(devices, true));
  assert.equal(first.source, 'v4l2src device=/dev/video0 do-timestamp=true');
  assert.deepEqual(first.formats[1].framesPerSecond, [30, 15]);
});

test('the first encoder that really encodes is taken, and those that fail are told', async () => {
  const results: Record<string, Trial> = {
    v4l2h264enc: { kind: 'fails', why: 'no device' },
    vaapih264enc: { kind: 'works' },
    x264enc: { kind: 'works' },
  };
  const tried: string[] = [];
  const { encoder, failed } = await chooseEncoder(async ({ name }) => {
    tried.push(name);
    return results[name] ?? { kind: 'missing' };
  });
  assert.equal(encoder?.name, 'vaapih264enc');
  assert.deepEqual(failed, [{ name: 'v4l2h264enc', why: 'no device' }]);
  // What is worse is not even tried.
  assert.equal(tried.includes('x264enc'), false);
});

/** What each encoder is told for 2000 kbit/s and a key frame every 60 frames, in its own unit and words. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  nvv4l2h264enc: ['bitrate=2000000', 'iframeinterval=60', 'idrinterval=60'],
  v4l2h264enc: ['video_bitrate=2000000,h264_i_frame_period=60', 'level=(string)4'],
  v4l2slh264enc: [],
  vah264enc: ['bitrate=2000', 'key-int-max=60', 'b-frames=0'],
  vaapih264enc: ['bitrate=2000', 'keyframe-period=60', 'max-bframes=0'],
  x264enc: ['bitrate=2000', 'key-int-max=60', 'tune=zerolatency'],
  openh264enc: ['bitrate=2000000', 'gop-size=60'],
};

test('each encoder is told bit rate and key frames in its own words', () => {
  assert.deepEqual(
    H264_ENCODERS.map(({ name }) => name),
    Object.keys(TOLD),
  );
  for (const { name, words } of H264_ENCODERS) {
    const line = words({ kbits: 2000, keyInterval: 60 }).join(' ');
    for (const word of TOLD[name] ?? []) assert.ok(line.includes(word), `${line}: ${word}`);
  }
});

test('the properties of the encoders that are here are their own', () => {
  let checked = 0;
  for (const { name, words } of H264_ENCODERS) {
    const { stdout, status } = spawnSync('gst-inspect-1.0', [name], { encoding: 'utf8' });
    if (status !== 0) continue;
    for (const word of words({ kbits: 2000, keyInterval: 60 }).slice(1)) {
      const [property = ''] = word.split('=');
      if (property === '!') break;
      assert.match(stdout, new RegExp(`^ +${property} +:`, 'm'), `${name} ${property}`);
      checked += 1;
    }
  }
  assert.ok(checked > 0, 'an encoder is installed where the tests run');
});

test('sound joins the video in one kvssink', () => {
  assert.ok(encoding);
  const words = cameraPipeline({
    source: encoding.source,
    format: chooseFormat(encoding, undefined, 30),
    encoder: undefined,
    framesPerSecond: 30,
    kbits: 2000,
    keyIntervalS: 2,
    audio: { source: ['pulsesrc'], encoder: 'avenc_aac' },
    sink: ['stream-name=door'],
  });
  assert.match(
    words.join(' '),
    /kvssink name=sink stream-name=door pulsesrc ! queue ! .* ! avenc_aac ! aacparse ! sink\.$/,
  );
});

test('the printed line is quoted for a shell, and has what the environment needs', () => {
  assert.equal(
    commandLine(['fakesrc', '!', 'fakesink'], { KVSSINK_AWS_PROFILE: 'my garden' }),
    "KVSSINK_AWS_PROFILE='my garden' gst-launch-1.0 -e fakesrc ! fakesink",
  );
  assert.equal(
    commandLine(['v4l2src', '!', 'video/x-raw(memory:NVMM)', "it's"]),
    "gst-launch-1.0 -e v4l2src ! 'video/x-raw(memory:NVMM)' 'it'\\''s'",
  );
});
