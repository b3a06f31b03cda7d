import type { GstCapsJson } from '../wire/wire.ts';

const NS_PER_S = 1_000_000_000;
/** Samples of an AAC frame (LC); SBR doubles them, and the rate that caps give, alike. */
const AAC_SAMPLES = 1024;

/** How far frames are apart; undefined where the caps do not tell. */
export type FrameInterval = (byteLength: number) => bigint | undefined;

/** What a track's caps say of the distance between its frames. */
export function frameInterval({ name, fields }: GstCapsJson): FrameInterval {
  const rate = fields['rate'];
  if (typeof rate === 'number' && rate > 0) {
    if (name === 'audio/mpeg') return constant((AAC_SAMPLES / rate) * NS_PER_S);
    if (name === 'audio/x-alaw' || name === 'audio/x-mulaw') {
      const channels = typeof fields['channels'] === 'number' ? Math.max(1, fields['channels']) : 1;
      return (byteLength) => BigInt(Math.round((byteLength / channels / rate) * NS_PER_S));
    }
  }
  const [frames, seconds] = String(fields['framerate'] ?? '')
    .split('/')
    .map(Number);
  const isKnown = frames !== undefined && seconds !== undefined && frames > 0 && seconds > 0;
  return isKnown ? constant((seconds / frames) * NS_PER_S) : () => undefined;
}

function constant(ns: number): FrameInterval {
  const interval = BigInt(Math.round(ns));
  return () => interval;
}
