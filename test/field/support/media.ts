import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { words } from '../../e2e/support/run.ts';
import { tool } from '../../e2e/support/tools.ts';

const FOLDER = join(tmpdir(), 'kvs-launch-field-media');

/**
 * Path of a file that a command makes, `OUT` in it being the path. It is made once per machine and
 * kept under its recipe's hash.
 */
function made(command: string, recipe: readonly string[], suffix: string): string {
  const hash = createHash('sha256')
    .update([command, ...recipe].join('\n'))
    .digest('hex');
  const name = `${hash.slice(0, 16)}${suffix}`;
  const file = join(FOLDER, name);
  if (existsSync(file)) return file;
  mkdirSync(FOLDER, { recursive: true });
  const partial = join(FOLDER, `${process.pid}-${name}`);
  tool(
    command,
    recipe.map((word) => word.replace('OUT', partial)),
  );
  // Another test process may have been faster; both made the same.
  renameSync(partial, file);
  return file;
}

/** A file that ffmpeg makes; `line` has no output name. */
export function ffmpegFile(line: string, suffix: string): string {
  return made('ffmpeg', ['-nostdin', '-v', 'error', ...words(line), 'OUT'], suffix);
}

/** A file that a GStreamer pipeline makes; its filesink has `location=OUT`. */
export function gstreamerFile(line: string, suffix: string): string {
  return made('gst-launch-1.0', ['-q', ...words(line)], suffix);
}

/** ffmpeg's test picture as an input: small, 30 frames a second unless told otherwise. */
export function testPicture(seconds: number, fps: number | string = 30, size = '160x120'): string {
  return `-f lavfi -t ${seconds} -i testsrc=size=${size}:rate=${fps}`;
}

/** ffmpeg's test tone as an input. */
export function testTone(seconds: number, rate = 48_000): string {
  return `-f lavfi -t ${seconds} -i sine=sample_rate=${rate}`;
}

/** Options for H.264 with a key frame a second. */
export const H264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 30';

/** A camera's picture in real time, a key frame every 30. */
export function liveVideo(frames: number, encoder = LIVE_ENCODER): string {
  return (
    `videotestsrc is-live=true num-buffers=${frames} ! ` +
    `video/x-raw,width=160,height=120,framerate=30/1 ! ${encoder} ! h264parse`
  );
}

const LIVE_ENCODER = 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30';

/** A microphone's tone in real time: 1024 samples of 48 kHz a buffer. */
export function liveAudio(buffers: number): string {
  return (
    `audiotestsrc is-live=true samplesperbuffer=1024 num-buffers=${buffers} ! ` +
    'audio/x-raw,rate=48000,channels=1 ! audioconvert ! avenc_aac ! aacparse'
  );
}

/** Files one after another in one, as elementary streams can be. */
export function joinedFile(files: readonly string[], suffix: string): string {
  const name = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 16);
  const file = join(FOLDER, `${name}${suffix}`);
  if (existsSync(file)) return file;
  const partial = join(FOLDER, `${process.pid}-${name}`);
  writeFileSync(partial, Buffer.concat(files.map((one) => readFileSync(one))));
  renameSync(partial, file);
  return file;
}
