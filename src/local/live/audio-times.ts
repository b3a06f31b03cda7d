import type { Mp4Track } from '../playback/fmp4/codec.ts';

/** Sound that is earlier than its picture by more than this is noticed (ITU-R BT.1359-1). */
const NOTICED_US = 45_000;
const AAC_LC = 2;
/** samplingFrequencyIndex (ISO/IEC 14496-3, table 1.18); of HE-AAC that of the core, as it must be. */
const FREQUENCIES_HZ: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/**
 * Times of the frames of a live audio track, counted by their samples. In Matroska they are rounded
 * to milliseconds: played as they are, each frame overlaps the next one or leaves a gap, and a
 * browser cuts off what overlaps. Its buffer of sound then runs dry within minutes, although the
 * times say that hundreds of milliseconds lie ahead.
 */
export class AudioTimes {
  /** Of a frame, in microseconds; not a whole number. */
  readonly #frameUs: number;
  /** Where the next frame begins if none is missing; undefined before the first one. */
  #nextUs: number | undefined;

  constructor(frameUs: number) {
    this.#frameUs = frameUs;
  }

  /** Of a frame, in whole microseconds. */
  get durationUs(): number {
    return Math.round(this.#frameUs);
  }

  /**
   * @param ptsUs of a frame, as the producer told it.
   * @returns when it is to be heard; undefined when it has to be left out, since the sound is
   *   behind its times already.
   */
  next(ptsUs: number): number | undefined {
    const expectedUs = this.#nextUs ?? ptsUs;
    if (ptsUs < expectedUs - NOTICED_US) return undefined;
    const us = ptsUs > expectedUs + NOTICED_US ? ptsUs : expectedUs;
    this.#nextUs = us + this.#frameUs;
    return Math.round(us);
  }
}

/** For an AAC track; undefined where its configuration does not tell how long a frame is. */
export function audioTimes({ kind, configuration }: Mp4Track): AudioTimes | undefined {
  if (kind !== 'audio') return undefined;
  const [first = 0, second = 0] = configuration;
  const samplingFrequencyHz = FREQUENCIES_HZ[((first & 7) << 1) | (second >> 7)];
  if (samplingFrequencyHz === undefined) return undefined;
  // frameLengthFlag, where no other field lies before it (ISO/IEC 14496-3, 4.4.1).
  const isShort = first >> 3 === AAC_LC && (second & 4) !== 0;
  return new AudioTimes(((isShort ? 960 : 1024) / samplingFrequencyHz) * 1e6);
}
