import { runProgram } from '../process/run-program.ts';

/** What an encoder is asked for. */
export type Encoding = {
  readonly kbits: number;
  /** Frames from key frame to key frame. */
  readonly keyInterval: number;
};

/** A H.264 encoder: what stands in front of it, and how it is told. */
export type Encoder = {
  readonly name: string;
  readonly isHardware: boolean;
  /** Brings pictures into the memory and format that it takes. */
  readonly converter: readonly string[];
  readonly words: (encoding: Encoding) => readonly string[];
};

/** Left alone, x264enc keeps a camera's 4:2:2, which no browser plays. */
const TO_420: readonly string[] = ['videoconvert', '!', 'video/x-raw,format=I420'];

/** From the best to the one that always works. None of them is asked for B-frames: they cost time. */
export const H264_ENCODERS: readonly Encoder[] = [
  {
    name: 'nvv4l2h264enc',
    isHardware: true,
    converter: ['nvvidconv', '!', 'video/x-raw(memory:NVMM),format=NV12'],
    words: ({ kbits, keyInterval }) => [
      'nvv4l2h264enc',
      `bitrate=${kbits * 1000}`,
      `iframeinterval=${keyInterval}`,
      // Left alone, one I-frame in 256 frames is a key frame.
      `idrinterval=${keyInterval}`,
      'insert-sps-pps=true',
    ],
  },
  {
    name: 'v4l2h264enc',
    isHardware: true,
    converter: ['videoconvert'],
    // The driver of the Raspberry Pi takes no more than level 4, and fails without being told.
    words: ({ kbits, keyInterval }) => [
      'v4l2h264enc',
      `extra-controls=controls,video_bitrate=${kbits * 1000},h264_i_frame_period=${keyInterval},repeat_sequence_header=1`,
      '!',
      'video/x-h264,level=(string)4',
    ],
  },
  {
    name: 'v4l2slh264enc',
    isHardware: true,
    converter: ['videoconvert'],
    // Not in a release of GStreamer yet: no property of it can be relied on.
    words: () => ['v4l2slh264enc'],
  },
  {
    name: 'vah264enc',
    isHardware: true,
    converter: ['videoconvert'],
    words: ({ kbits, keyInterval }) => [
      'vah264enc',
      `bitrate=${kbits}`,
      `key-int-max=${keyInterval}`,
      'b-frames=0',
    ],
  },
  {
    name: 'vaapih264enc',
    isHardware: true,
    converter: ['videoconvert'],
    words: ({ kbits, keyInterval }) => [
      'vaapih264enc',
      'rate-control=cbr',
      `bitrate=${kbits}`,
      `keyframe-period=${keyInterval}`,
      'max-bframes=0',
    ],
  },
  {
    name: 'x264enc',
    isHardware: false,
    converter: TO_420,
    words: ({ kbits, keyInterval }) => [
      'x264enc',
      'tune=zerolatency',
      'speed-preset=veryfast',
      `bitrate=${kbits}`,
      `key-int-max=${keyInterval}`,
    ],
  },
  {
    name: 'openh264enc',
    isHardware: false,
    converter: TO_420,
    words: ({ kbits, keyInterval }) => [
      'openh264enc',
      'rate-control=bitrate',
      `bitrate=${kbits * 1000}`,
      `gop-size=${keyInterval}`,
    ],
  },
];

/** AAC encoders by their quality. */
export const AAC_ENCODERS: readonly string[] = ['fdkaacenc', 'avenc_aac', 'voaacenc', 'faac'];

const TRIAL_MS = 8_000;
const TRIAL_FRAMES = 5;

/** How a trial ended; `missing`: there is no such element. */
export type Trial =
  | { readonly kind: 'works' | 'missing' }
  | { readonly kind: 'fails'; readonly why: string };

/** Encodes a few test pictures: an encoder that is listed need not have the hardware. */
export async function tryEncoder(encoder: Encoder): Promise<Trial> {
  const source = ['videotestsrc', `num-buffers=${TRIAL_FRAMES}`, '!', TRIAL_CAPS, '!'];
  const words = encoder.words({ kbits: 1000, keyInterval: 30 });
  return trial([...source, ...encoder.converter, '!', ...words, '!', 'fakesink']);
}

const TRIAL_CAPS = 'video/x-raw,width=640,height=480,framerate=30/1';

/** Encodes a moment of sound. */
function tryAacEncoder(name: string): Promise<Trial> {
  const source = ['audiotestsrc', `num-buffers=${TRIAL_FRAMES}`, '!', 'audioconvert', '!'];
  return trial([...source, 'audioresample', '!', name, '!', 'fakesink']);
}

async function trial(pipeline: readonly string[]): Promise<Trial> {
  const result = await runProgram('gst-launch-1.0', ['-q', ...pipeline], { timeoutMs: TRIAL_MS });
  if (result.code === 0) return { kind: 'works' };
  // Or the converter of that board.
  if (result.stderr.includes('no element "')) return { kind: 'missing' };
  if (result.timedOut) return { kind: 'fails', why: 'it does not start' };
  return { kind: 'fails', why: reasonIn(result.stderr) };
}

/** The sentence of gst-launch-1.0's `ERROR: from element …: sentence`. */
function reasonIn(stderr: string): string {
  const [, reason] = /ERROR: [^:]*: [^:]*: (.+)/.exec(stderr) ?? /: ([^:\n]+)$/m.exec(stderr) ?? [];
  return reason?.trim() ?? 'it fails';
}

/** The best encoder that works, and what became of those in front of it. */
export type EncoderChoice = {
  readonly encoder: Encoder | undefined;
  readonly failed: readonly { readonly name: string; readonly why: string }[];
};

/** Tries one after the other: hardware is not to be opened twice at a time. */
export async function chooseEncoder(
  attempt: (encoder: Encoder) => Promise<Trial> = tryEncoder,
): Promise<EncoderChoice> {
  const failed: { name: string; why: string }[] = [];
  for (const encoder of H264_ENCODERS) {
    const result = await attempt(encoder);
    if (result.kind === 'works') return { encoder, failed };
    if (result.kind === 'fails') failed.push({ name: encoder.name, why: result.why });
  }
  return { encoder: undefined, failed };
}

/** The best AAC encoder that works. */
export async function chooseAacEncoder(): Promise<string | undefined> {
  for (const name of AAC_ENCODERS) {
    if ((await tryAacEncoder(name)).kind === 'works') return name;
  }
  return undefined;
}
