import { KvsError } from '../../errors/kvs-error.ts';
import { RangeList } from '../bits/range-list.ts';
import type { AdapterOptions, CodecAdapter, TrackDescription } from '../codec/codec-adapter.ts';
import { NAL_ADAPTATION } from './nal-adaptation.ts';
import { NalAdapter } from './nal-adapter.ts';
import type { NalCodec } from './nal-codec.ts';
import { ANNEX_B, LENGTH_PREFIXED, type NalForm } from './nal-form.ts';
import { scanAnnexB, startsWithStartCode } from './nal-units.ts';

/** stream-format values of GStreamer's caps with start codes, and with lengths. */
const BYTE_STREAM: ReadonlySet<string> = new Set(['byte-stream']);
const WITH_LENGTHS: ReadonlySet<string> = new Set(['avc', 'avc3', 'hvc1', 'hev1']);

/** Gives the codec the parameter sets of codec data in Annex B. */
function learnAnnexB(codec: NalCodec, codecData: Uint8Array): void {
  const nals = new RangeList();
  scanAnnexB(codecData, nals);
  let found = false;
  for (let i = 0; i < nals.count; i += 1) {
    const nal = nals.of(codecData, i);
    if (codec.classify(nal, 0, nal.length) === 'parameter-set') {
      found = true;
      codec.learn(nal);
    }
  }
  if (!found) {
    throw new KvsError(
      'STATUS_MKV_ANNEXB_CPD_MISSING_NALUS',
      `No parameter set in ${codecData.length} bytes of Annex B codec data`,
    );
  }
}

/** Gives the codec its codec data, whichever of the two forms it is in. */
function configure(codec: NalCodec, codecData: Uint8Array | undefined): NalForm | undefined {
  if (codecData === undefined || codecData.length === 0) return undefined;
  if (startsWithStartCode(codecData)) {
    learnAnnexB(codec, codecData);
    return ANNEX_B;
  }
  return { kind: 'length-prefixed', lengthSize: codec.setConfiguration(codecData) };
}

/** The form that the caps promise; codec data knows the length size. */
function inputForm(streamFormat: string | undefined, codecData: NalForm | undefined) {
  if (streamFormat === undefined || streamFormat === '') return codecData;
  if (BYTE_STREAM.has(streamFormat)) return ANNEX_B;
  if (WITH_LENGTHS.has(streamFormat)) {
    return codecData?.kind === 'length-prefixed' ? codecData : LENGTH_PREFIXED;
  }
  throw new KvsError(
    'STATUS_INVALID_ARG',
    `stream-format=${streamFormat} is not one of ${[...BYTE_STREAM, ...WITH_LENGTHS].join(', ')}`,
  );
}

/**
 * The adapter of a H.264 or H.265 track. Without `flags` whatever comes in goes out as Matroska
 * wants it: 4-byte lengths, avcC or hvcC. With flags it does what they say and no more, as
 * upstream, for applications that set them.
 */
export function createNalAdapter(
  codec: NalCodec,
  description: TrackDescription,
  { nalAdaptationFlags: flags, before }: AdapterOptions,
): CodecAdapter {
  if (flags === undefined) {
    const dataForm = configure(codec, description.codecData);
    const input = inputForm(description.streamFormat, dataForm);
    return new NalAdapter(codec, description, { input, output: 'length-prefixed' }, before);
  }
  return createFlaggedAdapter(codec, description, flags);
}

/** The same where codec data need not be understood: upstream only warns. */
export function configureIfUnderstood(
  codec: NalCodec,
  codecData: Uint8Array | undefined,
): NalForm | undefined {
  try {
    return configure(codec, codecData);
  } catch {
    return undefined;
  }
}

function createFlaggedAdapter(
  codec: NalCodec,
  description: TrackDescription,
  flags: number,
): CodecAdapter {
  const { codecData, streamFormat } = description;
  const convertsCodecData = (flags & NAL_ADAPTATION.ANNEXB_CPD_NALS) !== 0;
  const kept = convertsCodecData ? undefined : codecData;
  const dataForm =
    kept === undefined ? configure(codec, codecData) : configureIfUnderstood(codec, kept);
  // Codec data with start codes says nothing about the frames: that is what the flags are for.
  const promised = inputForm(
    streamFormat,
    dataForm?.kind === 'length-prefixed' ? dataForm : undefined,
  );
  const common = {
    convertsCodecData,
    isFixed: true,
    ...(kept === undefined ? {} : { codecPrivate: kept }),
  };
  if ((flags & NAL_ADAPTATION.ANNEXB_NALS) !== 0) {
    const options = { input: ANNEX_B, output: 'length-prefixed', ...common } as const;
    return new NalAdapter(codec, description, options);
  }
  if ((flags & NAL_ADAPTATION.AVCC_NALS) !== 0) {
    const input = promised?.kind === 'length-prefixed' ? promised : LENGTH_PREFIXED;
    return new NalAdapter(codec, description, { input, output: 'annex-b', ...common });
  }
  return new NalAdapter(codec, description, { input: promised, output: 'as-it-came', ...common });
}
