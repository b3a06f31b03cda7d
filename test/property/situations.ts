import fc from 'fast-check';
import { type AccessUnit, annexB, type Encoded, numbered } from './media.ts';
import { BufferFlag, type Step } from './script.ts';

/** What happens to one frame of an encoder on its way to kvssink. */
export type Fate =
  /** It comes as it should. */
  | { readonly kind: 'whole' }
  /** It never comes: a leaky queue, a closed valve, a packet that the network lost. */
  | { readonly kind: 'missing' }
  /** It comes with the CORRUPTED flag. */
  | { readonly kind: 'corrupted' }
  /** It lies before the start of its segment. */
  | { readonly kind: 'clipped' };

/** What a frame comes with that says nothing of whether it can be decoded. */
export type Dress = {
  readonly hasDiscont: boolean;
  /** DELTA_UNIT is set where it must not be, and the reverse. */
  readonly liesAboutDelta: boolean;
  readonly isHeader: boolean;
  readonly isMarked: boolean;
  readonly times: 'right' | 'no-dts' | 'no-pts' | 'none' | 'same-pts';
  /** A GAP event, an empty buffer or the same caps again come in front of it. */
  readonly before: 'nothing' | 'gap' | 'empty-buffer' | 'same-caps';
};

export type FrameCase = { readonly fate: Fate; readonly dress: Dress };

/** A stretch of one encoder's frames, one after the other. */
export type Stretch = {
  /** Which encoder, and its first frame. */
  readonly encoder: number;
  readonly from: number;
  readonly frames: readonly FrameCase[];
  /** How it follows the stretch before. */
  readonly joint: 'caps' | 'flush';
};

/** One run of a pipeline. */
export type Situation = {
  readonly streamFormat: 'byte-stream' | 'avc';
  readonly isLive: boolean;
  readonly streamingType: 'realtime' | 'near-realtime' | 'offline';
  readonly stretches: readonly Stretch[];
};

const FATES: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 24, arbitrary: fc.constant<Fate>({ kind: 'whole' }) },
  { weight: 2, arbitrary: fc.constant<Fate>({ kind: 'missing' }) },
  { weight: 1, arbitrary: fc.constant<Fate>({ kind: 'corrupted' }) },
  { weight: 1, arbitrary: fc.constant<Fate>({ kind: 'clipped' }) },
);

function seldom(weight: number): fc.Arbitrary<boolean> {
  return fc.oneof(
    { weight, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  );
}

const DRESSES: fc.Arbitrary<Dress> = fc.record({
  hasDiscont: seldom(6),
  liesAboutDelta: seldom(6),
  isHeader: seldom(12),
  isMarked: seldom(4),
  times: fc.oneof(
    { weight: 12, arbitrary: fc.constant<Dress['times']>('right') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Dress['times'][]>('no-dts', 'no-pts', 'none', 'same-pts'),
    },
  ),
  before: fc.oneof(
    { weight: 12, arbitrary: fc.constant<Dress['before']>('nothing') },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Dress['before'][]>('gap', 'empty-buffer', 'same-caps'),
    },
  ),
});

/** Any situation over these encoders' frames. */
export function situations(encoders: readonly Encoded[]): fc.Arbitrary<Situation> {
  const stretch: fc.Arbitrary<Stretch> = fc.record({
    encoder: fc.nat(encoders.length - 1),
    from: fc.nat(20),
    frames: fc.array(fc.record({ fate: FATES, dress: DRESSES }), { minLength: 1, maxLength: 20 }),
    joint: fc.constantFrom('caps', 'flush'),
  });
  return fc.record({
    streamFormat: fc.constantFrom('byte-stream', 'avc'),
    isLive: fc.boolean(),
    streamingType: fc.constantFrom('realtime', 'near-realtime', 'offline'),
    stretches: fc.array(stretch, { minLength: 1, maxLength: 12 }),
  });
}

/** A frame that was pushed, as the model sees it. */
export type Pushed = {
  readonly id: number;
  readonly encoder: number;
  /** Its number among its encoder's frames. */
  readonly index: number;
  readonly isKeyFrame: boolean;
  readonly stretch: number;
  readonly fate: Fate['kind'];
  /** Running time. */
  readonly ptsNs: bigint;
  readonly times: Dress['times'];
  readonly isFlaggedKey: boolean;
};

/** A situation as a script, and the frames in it. */
export type Staging = { readonly steps: readonly Step[]; readonly frames: readonly Pushed[] };

const FRAME_NS = 40_000_000n;
/** Where segments begin, so that a frame can lie in front of it. */
const SEGMENT_NS = 1_000_000_000n;

/** Writes the script. */
export function stage(situation: Situation, encoders: readonly Encoded[]): Staging {
  const steps: Step[] = [];
  const frames: Pushed[] = [];
  let id = 0;
  let clockNs = 0n;
  for (const [number, stretch] of situation.stretches.entries()) {
    const encoder = encoders[stretch.encoder] as Encoded;
    if (number > 0 && stretch.joint === 'flush') {
      steps.push({ kind: 'flush', pad: 0 });
      clockNs = 0n;
    }
    const caps = capsOf(encoder, situation.streamFormat);
    steps.push({ kind: 'caps', pad: 0, caps });
    if (number === 0 || stretch.joint === 'flush') {
      steps.push({ kind: 'segment', pad: 0, startNs: SEGMENT_NS });
    }
    for (const [offset, { fate, dress }] of stretch.frames.entries()) {
      const index = stretch.from + offset;
      const unit = encoder.units[index] as AccessUnit;
      clockNs += FRAME_NS;
      if (fate.kind === 'missing') continue;
      steps.push(...stepsBefore(dress.before, caps, SEGMENT_NS + clockNs));
      const ptsNs = fate.kind === 'clipped' ? 0n : SEGMENT_NS + clockNs;
      steps.push(bufferOf(unit, id, dress, fate, ptsNs, situation.streamFormat));
      frames.push({
        id,
        encoder: stretch.encoder,
        index,
        isKeyFrame: unit.isKeyFrame,
        stretch: number,
        fate: fate.kind,
        ptsNs: clockNs,
        times: dress.times,
        isFlaggedKey: unit.isKeyFrame !== dress.liesAboutDelta,
      });
      id += 1;
    }
  }
  return { steps, frames };
}

function stepsBefore(before: Dress['before'], caps: string, ptsNs: bigint): Step[] {
  switch (before) {
    case 'gap':
      return [{ kind: 'gap', pad: 0, ptsNs: ptsNs - FRAME_NS, durationNs: FRAME_NS }];
    case 'empty-buffer': {
      const data = Buffer.alloc(0);
      return [{ kind: 'buffer', pad: 0, flags: 0, ptsNs, dtsNs: undefined, durationNs: 0n, data }];
    }
    case 'same-caps':
      return [{ kind: 'caps', pad: 0, caps }];
    default:
      return [];
  }
}

function bufferOf(
  unit: AccessUnit,
  id: number,
  dress: Dress,
  fate: Fate,
  ptsNs: bigint,
  streamFormat: Situation['streamFormat'],
): Step {
  let flags = 0;
  if (unit.isKeyFrame === dress.liesAboutDelta) flags |= BufferFlag.deltaUnit;
  if (dress.hasDiscont) flags |= BufferFlag.discont;
  if (dress.isHeader) flags |= BufferFlag.header;
  if (dress.isMarked) flags |= BufferFlag.marker;
  if (fate.kind === 'corrupted') flags |= BufferFlag.corrupted;
  const times = fate.kind === 'clipped' ? 'no-dts' : dress.times;
  const isTimed = times !== 'none';
  const data = numbered(unit.data, id);
  return {
    kind: 'buffer',
    pad: 0,
    flags,
    ptsNs:
      !isTimed || times === 'no-pts' ? undefined : times === 'same-pts' ? ptsNs - FRAME_NS : ptsNs,
    dtsNs: !isTimed || times === 'no-dts' ? undefined : ptsNs,
    durationNs: FRAME_NS,
    data: streamFormat === 'avc' ? data : annexB(data),
  };
}

/** Both encoders' caps, as their parsers write them. */
export function capsOf({ codecData, width, mediaType }: Encoded, streamFormat: string): string {
  const isLengthPrefixed = streamFormat === 'avc';
  const format = isLengthPrefixed && mediaType === 'video/x-h265' ? 'hev1' : streamFormat;
  return (
    `${mediaType},stream-format=${format},alignment=au,width=${width},height=32,framerate=25/1` +
    (isLengthPrefixed ? `,codec_data=(buffer)${codecData}` : '')
  );
}
