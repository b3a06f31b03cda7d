import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { tracksOf } from './support/framecrc.ts';
import { media } from './support/media.ts';
import { assertWatchedToTheEnd, startRtspCamera } from './support/rtsp-camera.ts';
import { pipelineEnvironment, startPipeline, WAYS, type Way, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';
import { tool } from './support/tools.ts';

// The 2019 guide has YourAccessKey, YourSecretKey and YourAWSRegion where the local service's are.
const KEYS = `access-key="${LOCAL_ACCESS_KEY_ID}" secret-key="${LOCAL_SECRET_ACCESS_KEY}"
  aws-region="us-west-2"`;

const CAMERA = 'videotestsrc num-buffers=45 do-timestamp=TRUE is-live=TRUE';
const MICROPHONE = 'audiotestsrc num-buffers=65 is-live=TRUE';

type Recipe = {
  readonly name: string;
  /** The guide's words, but for the camera. */
  readonly line: string;
  readonly stream: string;
  readonly video: number;
  readonly audio: number;
  readonly codecs: readonly string[];
  /** Files are read the same way by both. */
  readonly ways?: readonly Way[];
};

// Of the network cameras' examples (1, 4 and 5, the same line) see below: they need a camera.
const RECIPES: readonly Recipe[] = [
  {
    name: 'example 2, a USB camera that is encoded',
    line: `${CAMERA} ! videoconvert !
      video/x-raw, format=I420, width=640, height=480, framerate=30/1 !
      x264enc bframes=0 key-int-max=45 bitrate=500 !
      video/x-h264, stream-format=avc, alignment=au, profile=baseline !
      kvssink stream-name="YourStreamName" storage-size=512 ${KEYS}`,
    stream: 'YourStreamName',
    video: 45,
    audio: 0,
    codecs: ['h264'],
  },
  {
    name: 'example 3, a USB camera that encodes',
    line: `${CAMERA} ! x264enc tune=zerolatency ! video/x-h264,stream-format=byte-stream !
      h264parse ! video/x-h264, stream-format=avc, alignment=au !
      kvssink stream-name="plugin" storage-size=512 ${KEYS}`,
    stream: 'plugin',
    video: 45,
    audio: 0,
    codecs: ['h264'],
  },
  {
    // omxh264enc is the Raspberry Pi's own: x264enc stands in for it.
    name: 'examples 6 and 7, a Raspberry Pi, with frame-timestamp',
    line: `${CAMERA} ! videoconvert !
      video/x-raw, format=I420, width=640, height=480, framerate=30/1 !
      x264enc bitrate=5120 key-int-max=45 speed-preset=ultrafast bframes=0 ! h264parse !
      video/x-h264, stream-format=avc, alignment=au, width=640, height=480, framerate=30/1, profile=baseline !
      kvssink stream-name="YourStreamName" frame-timestamp=pts-only ${KEYS}`,
    stream: 'YourStreamName',
    video: 45,
    audio: 0,
    codecs: ['h264'],
  },
  {
    name: 'examples 8 and 9, audio and video together',
    line: `-v ${CAMERA} ! videoconvert !
      video/x-raw,width=640,height=480,framerate=30/1,format=I420 !
      x264enc bframes=0 key-int-max=45 bitrate=500 tune=zerolatency !
      video/x-h264,stream-format=avc,alignment=au,profile=baseline !
      kvssink name=sink stream-name="my-stream-name" ${KEYS}
      ${MICROPHONE} ! audioconvert ! avenc_aac ! queue ! sink.`,
    stream: 'my-stream-name',
    video: 45,
    audio: 65,
    codecs: ['h264', 'aac'],
  },
  ...(['matroskademux', 'qtdemux', 'tsdemux'] as const).map((demux) => ({
    name: `a film of audio and video by ${demux}`,
    line: `filesrc location=FILM ! ${demux} name=demux !
      queue ! h264parse ! video/x-h264,stream-format=avc,alignment=au !
      kvssink name=sink stream-name="my_stream_name" ${KEYS} streaming-type=offline
      demux. ! queue ! aacparse ! sink.`,
    stream: 'my_stream_name',
    video: 150,
    audio: 235,
    codecs: ['h264', 'aac'],
    ways: ['gst-launch-1.0'] as const,
  })),
  {
    name: 'a film by named pads of its demuxer',
    line: `filesrc location=FILM ! matroskademux name=d
      d.video_0 ! queue ! h264parse ! kvssink name=k stream-name=film ${KEYS}
        streaming-type=offline file-start-time=1700000000
      d.audio_0 ! queue ! aacparse ! k.`,
    stream: 'film',
    video: 150,
    audio: 235,
    codecs: ['h264', 'aac'],
    ways: ['kvs-launch'],
  },
];

/** What a shell makes of a line whose quotes hold no blanks. */
function shellWords(line: string): string[] {
  return words(line.replaceAll('"', '').replace(/, +/g, ','));
}

for (const way of WAYS) {
  for (const { name, line, stream, video, audio, codecs, ways } of RECIPES) {
    if (ways && !ways.includes(way)) continue;
    test(`${way}: ${name}`, async (t) => {
      const service = await startService(t);
      let film = media('av.mkv');
      if (line.includes('qtdemux')) film = media('av.mp4');
      if (line.includes('tsdemux')) {
        film = join(temporaryFolder(t), 'av.ts');
        tool('gst-launch-1.0', [
          '-q',
          ...words(`mpegtsmux name=m ! filesink location=${film}
            filesrc location=${media('av.mkv')} ! matroskademux name=d
            d.video_0 ! queue ! h264parse ! m.  d.audio_0 ! queue ! aacparse ! m.`),
        ]);
      }
      const { code, stdout, stderr } = await startPipeline(
        t,
        way,
        shellWords(line.replace('FILM', film)),
        // The keys are the line's.
        pipelineEnvironment(service.url, {
          AWS_ACCESS_KEY_ID: undefined,
          AWS_SECRET_ACCESS_KEY: undefined,
        }),
      ).finished;
      assert.equal(code, 0, stdout + stderr);
      assert.doesNotMatch(stdout + stderr, /WARNING/);
      assert.ok(!(stdout + stderr).includes(LOCAL_SECRET_ACCESS_KEY));
      const frames = await storedFrames(service, stream);
      assert.equal(frames.filter(({ track }) => track === 1).length, video);
      const sounds = frames.filter(({ track }) => track === 2).length;
      // An encoder ends with what it had left of the last frame.
      assert.ok(sounds >= audio && sounds <= audio + (audio === 0 ? 0 : 2), `${sounds} of audio`);
      for (const tracks of await tracksOf(fragmentFiles(service, stream))) {
        assert.deepEqual(
          tracks.map(({ codec }) => codec),
          codecs,
        );
      }
    });
  }

  test(`${way}: examples 1, 4 and 5, a network camera`, async (t) => {
    const service = await startService(t);
    const camera = await startRtspCamera(t, 45, 'tcp');
    // The guide writes rtpH264depay, which no GStreamer has ever had.
    const outcome = await startPipeline(
      t,
      way,
      shellWords(`rtspsrc location="${camera.url}" short-header=TRUE ! rtph264depay !
        video/x-h264, format=avc, alignment=au !
        kvssink stream-name="YourStreamName" storage-size=512 ${KEYS}`),
      pipelineEnvironment(service.url, {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
      }),
    ).finished;
    assertWatchedToTheEnd(outcome);
    assert.equal(await camera.frames(), 45);
    assert.equal((await storedFrames(service, 'YourStreamName')).length, 45);
  });
}
