import type { TrackDescription } from '../../../src/media/codec/codec-adapter.ts';
import type { Frame } from '../../../src/producer/info/frame.ts';
import type { StreamInfo } from '../../../src/producer/info/stream-info.ts';

/** An SPS of 640x128 and its PPS, as x264 makes them. */
const SPS = Buffer.from('6742c01ed900a047fec8', 'hex');
const PPS = Buffer.from('68ce3c80', 'hex');
const START = Buffer.from('00000001', 'hex');

export const VIDEO: TrackDescription = {
  kind: 'video',
  mediaType: 'video/h264',
  streamFormat: 'byte-stream',
};
/** AAC LC, 48 kHz, stereo. */
export const AUDIO: TrackDescription = {
  kind: 'audio',
  mediaType: 'audio/aac',
  streamFormat: 'raw',
  codecData: Buffer.from('1190', 'hex'),
};

/** One byte-stream access unit; `id` is found again in the stored block's last four bytes. */
export function videoUnit(id: number, isKeyFrame: boolean, byteLength = 64): Buffer {
  const slice = Buffer.alloc(Math.max(byteLength, 6), 0xaa);
  slice[0] = isKeyFrame ? 0x65 : 0x41;
  slice[1] = 0x88;
  writeId(slice, id);
  const parameterSets = isKeyFrame ? [START, SPS, START, PPS] : [];
  return Buffer.concat([...parameterSets, START, slice]);
}

/** Seven bits per byte, none of them zero: nothing that looks like a start code. */
function writeId(unit: Buffer, id: number): void {
  for (let i = 0; i < 4; i++) unit[unit.length - 4 + i] = 0x80 | ((id >> (21 - 7 * i)) & 0x7f);
}

export function audioUnit(id: number, byteLength = 32): Buffer {
  const unit = Buffer.alloc(byteLength, 0x21);
  writeId(unit, id);
  return unit;
}

/** A frame with times in ms. */
export function frame(
  trackId: number,
  ptsMs: number | undefined,
  data: Buffer,
  rest: Partial<Frame> = {},
): Frame {
  const ptsNs = ptsMs === undefined ? undefined : BigInt(Math.round(ptsMs * 1000)) * 1000n;
  return { trackId, ptsNs, dtsNs: ptsNs, durationNs: 0n, isKeyFrame: false, data, ...rest };
}

/** `count` video frames, one key frame every `gop`, at `fps`. */
export function* video(
  count: number,
  options: {
    gop?: number;
    fps?: number;
    startMs?: number;
    byteLength?: number;
    firstId?: number;
  } = {},
): Generator<Frame> {
  const { gop = 30, fps = 30, startMs = 0, byteLength = 64, firstId = 0 } = options;
  for (let i = 0; i < count; i++) {
    const isKeyFrame = i % gop === 0;
    yield frame(1, startMs + (i * 1000) / fps, videoUnit(firstId + i, isKeyFrame, byteLength), {
      isKeyFrame,
    });
  }
}

/** Track 1 is video and track 2 audio. */
export const AV_TRACKS: StreamInfo['trackInfoList'] = [
  { trackId: 1, trackName: 'kinesis_video', description: VIDEO },
  { trackId: 2, trackName: 'audio', description: AUDIO },
];
export const VIDEO_TRACK: StreamInfo['trackInfoList'] = [
  { trackId: 1, trackName: 'kinesis_video', description: VIDEO },
];
export const AUDIO_TRACK: StreamInfo['trackInfoList'] = [
  { trackId: 1, trackName: 'audio', description: AUDIO },
];
