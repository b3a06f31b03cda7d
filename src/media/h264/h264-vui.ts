import type { BitReader } from '../bits/rbsp.ts';

/** What the VUI of a H.264 SPS says of the times and the order of pictures. */
export type H264Vui = {
  /** Frames per second as the VUI's time base has it; undefined when it has none. */
  readonly frameRate: number | undefined;
  /**
   * max_num_reorder_frames: frames that come before another and are shown after it; undefined
   * when the VUI does not say.
   */
  readonly maxReorderFrames: number | undefined;
};

/** aspect_ratio_idc that is followed by an explicit width and height. */
const EXTENDED_SAR = 255;

/** hrd_parameters() (H.264 E.1.2). */
function skipHrd(reader: BitReader): void {
  const cpbCount = reader.unsignedGolomb() + 1;
  reader.skip(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < cpbCount; i += 1) {
    reader.unsignedGolomb(); // bit_rate_value_minus1
    reader.unsignedGolomb(); // cpb_size_value_minus1
    reader.skip(1); // cbr_flag
  }
  reader.skip(20); // delay lengths, time_offset_length
}

function readFrameRate(reader: BitReader): number | undefined {
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
  if (reader.flag()) {
    reader.skip(1); // overscan_appropriate_flag
  }
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    if (reader.flag()) {
      reader.skip(24); // colour description
    }
  }
  if (reader.flag()) {
    reader.unsignedGolomb(); // chroma_sample_loc_type_top_field
    reader.unsignedGolomb(); // chroma_sample_loc_type_bottom_field
  }
  if (!reader.flag()) return undefined;
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  reader.skip(1); // fixed_frame_rate_flag
  // One tick is one field: two of them make a frame.
  return unitsInTick > 0 && timeScale > 0 ? timeScale / (2 * unitsInTick) : undefined;
}

/** From the HRD parameters on. */
function readMaxReorderFrames(reader: BitReader): number | undefined {
  const hasNalHrd = reader.flag();
  if (hasNalHrd) skipHrd(reader);
  const hasVclHrd = reader.flag();
  if (hasVclHrd) skipHrd(reader);
  if (hasNalHrd || hasVclHrd) {
    reader.skip(1); // low_delay_hrd_flag
  }
  reader.skip(1); // pic_struct_present_flag
  if (!reader.flag()) return undefined;
  reader.skip(1); // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i += 1) {
    reader.unsignedGolomb(); // sizes of pictures and macroblocks, lengths of motion vectors
  }
  return reader.unsignedGolomb();
}

/** Undefined instead of what `read` throws: the SPS is of use without it. */
function ifWhole<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * vui_parameters() (H.264 E.1.1) with the flag in front that says whether there are any. It is the
 * last thing in the SPS: whatever is wrong with it costs what it says from there on, no more.
 */
export function readH264Vui(reader: BitReader): H264Vui {
  const isPresent = ifWhole(() => reader.flag()) === true;
  const frameRate = isPresent ? ifWhole(() => readFrameRate(reader)) : undefined;
  const maxReorderFrames = isPresent ? ifWhole(() => readMaxReorderFrames(reader)) : undefined;
  return { frameRate, maxReorderFrames };
}
