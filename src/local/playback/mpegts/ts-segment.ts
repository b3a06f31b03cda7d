import type { Mp4Track } from '../fmp4/codec.ts';
import { type TrackRun, withDecodeTimes } from '../fmp4/media-segment.ts';
import { adts, toAdts } from './adts-frames.ts';
import { annexB, toAnnexB } from './nal-stream.ts';
import { PAT_PID, PMT_PID, programAssociation, programMap, STREAM_TYPE } from './tables.ts';
import { PAYLOAD_BYTES, TsPackets } from './ts-packets.ts';

const CLOCK_HZ = 90_000;
/** Timestamps have 33 bits. */
const WRAP = 2 ** 33;
const FIRST_PID = 0x100;
/** The clock is this much behind the frame it comes with, which so has time to arrive. */
const CLOCK_DELAY = CLOCK_HZ / 10;

/** A frame on its way into the stream; times in units of 90 kHz. */
type Unit = {
  readonly pid: number;
  readonly isVideo: boolean;
  readonly pts: number;
  readonly dts: number;
  readonly isKeyFrame: boolean;
  readonly data: Buffer;
};

/**
 * A segment of HLS in MPEG-TS with all tracks (RFC 8216, 3.2). Written here, because mediabunny's
 * muxer has no program clock and lets frames be decoded after they are shown, once there are B-frames.
 * @param runs of the tracks; times in units of `timescale`, and decode times above 0.
 * @throws ServiceError InvalidMediaFrameException, InvalidCodecPrivateDataException
 */
export function tsSegment(
  tracks: readonly Mp4Track[],
  runs: readonly TrackRun[],
  timescale: number,
): Buffer {
  const streams = tracks.map((track, i) => ({
    pid: FIRST_PID + i,
    streamType: streamType(track),
  }));
  const units = tracks.flatMap((track, i) => {
    const run = runs.find((one) => one.track === track.number);
    return run === undefined ? [] : unitsOf(track, run, FIRST_PID + i, timescale);
  });
  units.sort((a, b) => a.dts - b.dts);
  // A PES packet's header, its field with the clock, and half a packet that stays empty at its end.
  const room = units.reduce((sum, { data }) => sum + data.length + PAYLOAD_BYTES, 0);
  const packets = new TsPackets(room);
  packets.section(PAT_PID, programAssociation());
  packets.section(PMT_PID, programMap(streams));
  const begun = new Set<number>();
  for (const unit of units) {
    packets.pes(unit.pid, pesPacket(unit), {
      isDiscontinuous: !begun.has(unit.pid),
      isRandomAccess: unit.isKeyFrame,
      pcr: unit.pid === FIRST_PID ? wrapped(unit.dts - CLOCK_DELAY) : undefined,
    });
    begun.add(unit.pid);
  }
  return packets.bytes();
}

function streamType({ codec, kind }: Mp4Track): number {
  if (kind === 'audio') return STREAM_TYPE.adts;
  return codec.startsWith('avc1') ? STREAM_TYPE.avc : STREAM_TYPE.hevc;
}

function unitsOf(track: Mp4Track, run: TrackRun, pid: number, timescale: number): Unit[] {
  const isVideo = track.kind === 'video';
  const pack = packer(track);
  const { samples, dts } = withDecodeTimes(run);
  const clock = (time: number): number => Math.round((time * CLOCK_HZ) / timescale);
  return samples.map(({ pts, isKeyFrame, data }, i) => ({
    pid,
    isVideo,
    pts: clock(pts),
    dts: clock(dts[i] ?? pts),
    isKeyFrame,
    data: pack(data, isKeyFrame),
  }));
}

function packer(track: Mp4Track): (frame: Uint8Array, isKeyFrame: boolean) => Buffer {
  if (track.kind === 'audio') {
    const header = adts(track);
    return (frame) => toAdts(header, frame);
  }
  const settings = annexB(track);
  return (frame, isKeyFrame) => toAnnexB(settings, frame, isKeyFrame);
}

/** ISO/IEC 13818-1, 2.4.3.6. */
function pesPacket({ isVideo, pts, dts, data }: Unit): Buffer {
  const times = isVideo ? Buffer.concat([timestamp(3, pts), timestamp(1, dts)]) : timestamp(2, pts);
  const length = 3 + times.length + data.length;
  const head = Buffer.from([0, 0, 1, isVideo ? 0xe0 : 0xc0, 0, 0, 0x84, 0, times.length]);
  head[7] = isVideo ? 0xc0 : 0x80;
  // A video's may be longer than the field can say, and is then left open.
  head.writeUInt16BE(isVideo || length > 0xffff ? 0 : length, 4);
  return Buffer.concat([head, times, data]);
}

/** 33 bits with a mark in front and marker bits between. */
function timestamp(mark: number, time: number): Buffer {
  const value = wrapped(time);
  const [high, middle, low] = [
    Math.floor(value / 2 ** 30),
    Math.floor(value / 2 ** 15) & 0x7fff,
    value & 0x7fff,
  ];
  const bytes = Buffer.alloc(5);
  bytes[0] = (mark << 4) | (high << 1) | 1;
  bytes.writeUInt16BE((middle << 1) | 1, 1);
  bytes.writeUInt16BE((low << 1) | 1, 3);
  return bytes;
}

function wrapped(time: number): number {
  return ((time % WRAP) + WRAP) % WRAP;
}
