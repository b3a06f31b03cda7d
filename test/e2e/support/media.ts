import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool } from './tools.ts';

/** Made once per machine; a changed recipe needs another number. */
const FOLDER = join(tmpdir(), 'kvs-launch-test-media-1');

const RECIPES = {
  /** 1920x1080, 90 frames of H.264 with B-frames, a key frame a second. */
  'video-1080p.mp4':
    'videotestsrc pattern=smpte num-buffers=90 ! video/x-raw,width=1920,height=1080,framerate=30/1 ! ' +
    'x264enc speed-preset=ultrafast bframes=2 key-int-max=30 ! h264parse ! mp4mux ! filesink',
  /** 320x240, 150 frames of H.264 and 5 s of AAC. */
  'av.mp4':
    'mp4mux name=m ! filesink ' +
    'videotestsrc num-buffers=150 ! video/x-raw,width=320,height=240,framerate=30/1 ! ' +
    'x264enc speed-preset=ultrafast key-int-max=30 bframes=0 ! h264parse ! queue ! m. ' +
    'audiotestsrc num-buffers=235 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! ' +
    'audioconvert ! avenc_aac ! aacparse ! queue ! m.',
  'av.mkv':
    'matroskamux name=m ! filesink ' +
    'videotestsrc num-buffers=150 ! video/x-raw,width=320,height=240,framerate=30/1 ! ' +
    'x264enc speed-preset=ultrafast key-int-max=30 bframes=0 ! h264parse ! queue ! m. ' +
    'audiotestsrc num-buffers=235 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! ' +
    'audioconvert ! avenc_aac ! aacparse ! queue ! m.',
  /** 640x360, 12 s of H.264 in 33 MB: more than may wait for the producer. */
  'large.mp4':
    'videotestsrc pattern=snow num-buffers=360 ! video/x-raw,width=640,height=360,framerate=30/1 ! ' +
    'x264enc speed-preset=ultrafast bitrate=22000 key-int-max=60 ! h264parse ! mp4mux ! filesink',
  'video.ts':
    'videotestsrc num-buffers=150 ! video/x-raw,width=320,height=240,framerate=30/1 ! ' +
    'x264enc speed-preset=ultrafast key-int-max=30 bframes=0 ! h264parse ! mpegtsmux ! filesink',
} as const;

/** Path of a media file, made with GStreamer's own elements when it is not there yet. */
export function media(name: keyof typeof RECIPES): string {
  const file = join(FOLDER, name);
  if (existsSync(file)) return file;
  mkdirSync(FOLDER, { recursive: true });
  const partial = join(FOLDER, `${process.pid}-${name}`);
  const recipe = RECIPES[name].replace('filesink', `filesink location=${partial}`);
  tool('gst-launch-1.0', ['-q', ...recipe.split(' ')]);
  // Another test process may have been faster; both made the same.
  renameSync(partial, file);
  return file;
}
