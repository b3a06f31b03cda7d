/** Flags of a GstBuffer (gstbuffer.h, gstminiobject.h). */
export const BufferFlag = {
  decodeOnly: 1 << 5,
  discont: 1 << 6,
  corrupted: 1 << 8,
  marker: 1 << 9,
  header: 1 << 10,
  gap: 1 << 11,
  droppable: 1 << 12,
  deltaUnit: 1 << 13,
} as const;

/** GST_CLOCK_TIME_NONE. */
export const NO_TIME = 0xffff_ffff_ffff_ffffn;

/** What scriptedsrc (test/native/scripted/source.cc) does, in order; times in ns. */
export type Step =
  | { readonly kind: 'caps'; readonly pad: number; readonly caps: string }
  | {
      readonly kind: 'buffer';
      readonly pad: number;
      readonly flags: number;
      readonly ptsNs: bigint | undefined;
      readonly dtsNs: bigint | undefined;
      readonly durationNs: bigint | undefined;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'gap';
      readonly pad: number;
      readonly ptsNs: bigint;
      readonly durationNs: bigint;
    }
  | { readonly kind: 'segment'; readonly pad: number; readonly startNs: bigint }
  | { readonly kind: 'flush'; readonly pad: number }
  | { readonly kind: 'eos'; readonly pad: number };

const STEP_BYTES = 40;
const TYPES = { caps: 1, buffer: 2, gap: 3, segment: 4, flush: 5, eos: 6 } as const;

/** The script as scriptedsrc's property takes it: base64. */
export function encodeScript(steps: readonly Step[]): string {
  return Buffer.concat(steps.map(encodeStep)).toString('base64');
}

function encodeStep(step: Step): Buffer {
  const payload = payloadOf(step);
  const bytes = Buffer.alloc(STEP_BYTES + payload.length);
  const [ptsNs, dtsNs, durationNs] = timesOf(step);
  bytes.writeUInt8(TYPES[step.kind], 0);
  bytes.writeUInt8(step.pad, 1);
  bytes.writeUInt32LE(step.kind === 'buffer' ? step.flags : 0, 4);
  bytes.writeBigUInt64LE(ptsNs ?? NO_TIME, 8);
  bytes.writeBigUInt64LE(dtsNs ?? NO_TIME, 16);
  bytes.writeBigUInt64LE(durationNs ?? NO_TIME, 24);
  bytes.writeUInt32LE(payload.length, 32);
  payload.copy(bytes, STEP_BYTES);
  return bytes;
}

function payloadOf(step: Step): Buffer {
  if (step.kind === 'caps') return Buffer.from(step.caps);
  if (step.kind === 'buffer') return Buffer.from(step.data);
  return Buffer.alloc(0);
}

function timesOf(step: Step): readonly (bigint | undefined)[] {
  switch (step.kind) {
    case 'buffer':
      return [step.ptsNs, step.dtsNs, step.durationNs];
    case 'gap':
      return [step.ptsNs, undefined, step.durationNs];
    case 'segment':
      return [step.startNs, undefined, undefined];
    default:
      return [];
  }
}
