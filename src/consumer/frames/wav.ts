/** RIFF, fmt with 16 bytes, data. */
const HEADER_BYTES = 44;
const PCM = 1;
const BITS = 16;

/**
 * A WAV file of 16-bit PCM, as the tracks of Amazon Connect's live audio are (A_MS/ACM, 8 kHz, one
 * channel for each side of the call).
 * @param samples The frames of one track, in order
 */
export function writeWav(
  samples: readonly Uint8Array[],
  {
    samplingFrequencyHz = 8_000,
    channels = 1,
  }: { samplingFrequencyHz?: number; channels?: number },
): Uint8Array {
  const bytes = samples.reduce((sum, { length }) => sum + length, 0);
  const frameBytes = (channels * BITS) / 8;
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + bytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(samplingFrequencyHz, 24);
  header.writeUInt32LE(samplingFrequencyHz * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(BITS, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(bytes, 40);
  return Buffer.concat([header, ...samples]);
}
