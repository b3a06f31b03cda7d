import type { Encoder } from './encoder-choice.ts';
import type { ChosenFormat } from './format-choice.ts';

/** What a camera's pipeline is made of. */
export type CameraParts = {
  /** Words of the element that opens the camera. */
  readonly source: readonly string[];
  readonly format: ChosenFormat;
  /** Undefined where none is needed, or none works. */
  readonly encoder: Encoder | undefined;
  readonly framesPerSecond: number;
  readonly kbits: number;
  /** Between two key frames. */
  readonly keyIntervalS: number;
  readonly audio: { readonly source: readonly string[]; readonly encoder: string } | undefined;
  /** Properties of kvssink, as words. */
  readonly sink: readonly string[];
};

/** The pipeline, one argument a word. */
export function cameraPipeline(parts: CameraParts): readonly string[] {
  const { source, format, audio, sink } = parts;
  const kvssink = ['kvssink', ...(audio === undefined ? [] : ['name=sink']), ...sink];
  return [
    ...joined([source, [capsOf(format)], ...encoding(parts), ['queue'], kvssink]),
    ...(audio === undefined
      ? []
      : joined([
          audio.source,
          ['queue'],
          ['audioconvert'],
          ['audioresample'],
          [audio.encoder],
          ['aacparse'],
          ['sink.'],
        ])),
  ];
}

function joined(elements: readonly (readonly string[])[]): readonly string[] {
  return elements.flatMap((words, index) => (index === 0 ? words : ['!', ...words]));
}

function capsOf({ mediaType, pixelFormat, width, height, rate }: ChosenFormat): string {
  return [
    mediaType,
    ...(pixelFormat === undefined ? [] : [`format=${pixelFormat}`]),
    `width=${width}`,
    `height=${height}`,
    ...(rate === undefined ? [] : [`framerate=${rate}`]),
  ].join(',');
}

/** From what the camera delivers to what is stored. */
function encoding(parts: CameraParts): readonly (readonly string[])[] {
  const { format, encoder, framesPerSecond, kbits, keyIntervalS } = parts;
  if (format.mediaType === 'video/x-h264') return [['h264parse']];
  // M-JPEG is stored as it is.
  if (encoder === undefined) return [];
  const keyInterval = Math.max(1, Math.round(framesPerSecond * keyIntervalS));
  return [
    ...(format.mediaType === 'image/jpeg' ? [['jpegdec']] : []),
    encoder.converter,
    encoder.words({ kbits, keyInterval }),
    ['h264parse'],
  ];
}

/**
 * The words as a line for a shell, to run in gst-launch-1.0.
 * @param variables what its environment has to have besides.
 */
export function commandLine(
  pipeline: readonly string[],
  variables: Readonly<Record<string, string | undefined>> = {},
): string {
  const assignments = Object.entries(variables).map(
    ([name, value = '']) => `${name}=${quoted(value)}`,
  );
  return [...assignments, ...['gst-launch-1.0', '-e', ...pipeline].map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./!-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
