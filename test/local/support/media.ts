import { execFileSync } from 'node:child_process';

const cache = new Map<string, Buffer>();

/** H.264 in Matroska as ffmpeg writes it to a pipe; the same bytes for the same arguments. */
export function h264Document(
  options: {
    frames?: number;
    gop?: number;
    fps?: number;
    bFrames?: number;
    audio?: boolean;
    /** Seconds of video before the audio begins. */
    audioDelay?: number;
    /** Seconds at which the audio ends. Default: with the video. */
    audioEnd?: number;
  } = {},
): Buffer {
  const { frames = 60, gop = 20, fps = 20, bFrames = 0, audio = false, audioDelay = 0 } = options;
  const seconds = frames / fps;
  const { audioEnd = seconds } = options;
  const key = JSON.stringify([frames, gop, fps, bFrames, audio, audioDelay, audioEnd]);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const document = execFileSync(
    'ffmpeg',
    [
      '-v error -nostdin -f lavfi',
      `-i testsrc2=size=160x120:rate=${fps}:duration=${seconds}`,
      audio ? `-itsoffset ${audioDelay} -f lavfi` : '',
      audio ? `-i sine=frequency=440:sample_rate=48000:duration=${audioEnd}` : '',
      audio ? `-t ${seconds}` : '',
      `-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1`,
      `-g ${gop} -keyint_min ${gop} -sc_threshold 0 -bf ${bFrames}`,
      audio ? '-c:a aac -ac 2' : '',
      '-cluster_time_limit 60000 -cluster_size_limit 50000000 -flags +global_header -f matroska -',
    ]
      .join(' ')
      .split(' ')
      .filter((word) => word !== ''),
    { maxBuffer: 64 * 1024 * 1024 },
  );
  cache.set(key, document);
  return document;
}

/** H.265, which browsers seldom play. */
export function h265Document(): Buffer {
  const known = cache.get('h265');
  if (known !== undefined) return known;
  const document = execFileSync(
    'ffmpeg',
    (
      '-v error -nostdin -f lavfi -i testsrc2=size=160x120:rate=20:duration=2 -c:v libx265 ' +
      '-preset ultrafast -x265-params log-level=none:keyint=20:pools=none:frame-threads=1 ' +
      '-flags +global_header -f matroska -'
    ).split(' '),
    { maxBuffer: 64 * 1024 * 1024 },
  );
  cache.set('h265', document);
  return document;
}

/** Two seconds of H.264 with G.711. */
export function g711Document(encoder: 'pcm_alaw' | 'pcm_mulaw'): Buffer {
  return execFileSync(
    'ffmpeg',
    (
      '-v error -nostdin -f lavfi -i testsrc2=size=160x120:rate=20:duration=2 -f lavfi ' +
      '-i sine=frequency=440:sample_rate=8000:duration=2 -c:v libx264 -preset ultrafast ' +
      `-pix_fmt yuv420p -threads 1 -g 20 -bf 0 -c:a ${encoder} -ac 1 ` +
      '-cluster_time_limit 60000 -flags +global_header -f matroska -'
    ).split(' '),
    { maxBuffer: 64 * 1024 * 1024 },
  );
}
