import { KvsError } from '../../errors/kvs-error.ts';
import type { TrackDescription, TrackFormat } from '../codec/codec-adapter.ts';

/** OpusHead (RFC 7845 5.1): 19 bytes for mono and stereo. */
const MAGIC = 'OpusHead';
const HEAD_BYTES = 19;

/** Opus always decodes at this rate, whatever the encoder was fed. */
const OUTPUT_RATE_HZ = 48_000;

function invalid(what: string): KvsError {
  return new KvsError('STATUS_INVALID_ARG', what, {
    advice: 'Put opusparse in front of kvssink, or give the OpusHead as codec data.',
  });
}

/** An OpusHead without a pre-skip: nobody told how much of the start is to be cut off. */
function buildOpusHead(channels: number, rateHz: number): Uint8Array {
  if (channels !== 1 && channels !== 2) {
    throw invalid(`Opus with ${channels} channels needs an OpusHead that maps them`);
  }
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  head.set(Buffer.from(MAGIC));
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint32(12, rateHz, true);
  return head;
}

/**
 * The format of an Opus track: OpusHead is its CodecPrivate.
 * @throws KvsError STATUS_INVALID_ARG when the codec data is no OpusHead, or the channels are not
 * known
 */
export function opusFormat(description: TrackDescription): TrackFormat {
  const { codecData, channels, rateHz = OUTPUT_RATE_HZ } = description;
  let head: Uint8Array;
  if (codecData !== undefined && codecData.length > 0) {
    head = new Uint8Array(codecData);
    if (head.length < HEAD_BYTES || !Buffer.from(head).toString('latin1').startsWith(MAGIC)) {
      throw invalid(`${head.length} bytes of Opus codec data are not an OpusHead`);
    }
  } else if (channels === undefined) {
    throw invalid('Opus without codec data needs its number of channels');
  } else {
    head = buildOpusHead(channels, rateHz);
  }
  return {
    kind: 'audio',
    codecId: description.codecId ?? 'A_OPUS',
    contentType: description.contentType ?? 'audio/opus',
    codecPrivate: head,
    samplingFrequencyHz: OUTPUT_RATE_HZ,
    channels: head[9] ?? 0,
  };
}
