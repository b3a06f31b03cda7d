/** How an encoder's bit rate is read and set while it plays. */
export type BitrateControl = {
  readonly property: string;
  /** Bits per second that a text of the property says; undefined where it says none. */
  readonly read: (text: string) => number | undefined;
  /** The text for so many; `before` is the present one. */
  readonly write: (bitsPerSecond: number, before: string) => string;
};

function inUnitsOf(unitBits: number): BitrateControl {
  return {
    property: 'bitrate',
    read: (text) => Number(text) * unitBits || undefined,
    write: (bitsPerSecond) => String(Math.max(1, Math.round(bitsPerSecond / unitBits))),
  };
}

const KILOBITS = inUnitsOf(1_000);
const BITS = inUnitsOf(1);

const VIDEO_BITRATE = /video_bitrate=(?:\(\w+\))?(\d+)/;

/** The kernel's V4L2_CID_MPEG_VIDEO_BITRATE, among controls that stay as they are. */
const V4L2_CONTROL: BitrateControl = {
  property: 'extra-controls',
  read: (text) => Number(text.match(VIDEO_BITRATE)?.[1]) || undefined,
  write(bitsPerSecond, before) {
    const control = `video_bitrate=(int)${Math.round(bitsPerSecond)}`;
    if (VIDEO_BITRATE.test(before)) return before.replace(VIDEO_BITRATE, control);
    const others = before.replace(/;\s*$/, '');
    return others.includes(',') ? `${others}, ${control};` : `controls, ${control};`;
  },
};

/** Encoders by the names of their factories. */
export const ENCODERS: Readonly<Record<string, BitrateControl>> = {
  x264enc: KILOBITS,
  x265enc: KILOBITS,
  openh264enc: BITS,
  v4l2h264enc: V4L2_CONTROL,
  v4l2h265enc: V4L2_CONTROL,
  vah264enc: KILOBITS,
  vah265enc: KILOBITS,
  vaapih264enc: KILOBITS,
  nvh264enc: KILOBITS,
  nvh265enc: KILOBITS,
};
