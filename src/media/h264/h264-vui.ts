import { type BitReader, ifWhole } from '../bits/rbsp.ts';
import { readTickRate, skipShownAs } from '../nal/sps-parts.ts';

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
  skipShownAs(reader);
  if (!reader.flag()) return undefined;
  const tickRate = readTickRate(reader);
  reader.skip(1); // fixed_frame_rate_flag
  // One tick is one field: two of them make a frame.
  return tickRate === undefined ? undefined : tickRate / 2;
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
