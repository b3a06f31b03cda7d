import type { Continuity, References } from '../../media/codec/picture.ts';
import { FrameDistance } from './frame-distance.ts';

/** Gaps in the numbers of so many groups of pictures in a row, and none in time, are an encoder's. */
const MAX_UNPROVEN_GAPS = 3;

/** What is known of a frame beside its bytes. */
export type FrameFacts = {
  readonly ptsNs: bigint;
  readonly dtsNs: bigint;
  /** The source says that it is a key frame. */
  readonly isFlaggedKey: boolean;
  /** The source says that it does not follow the one before; many say so for no reason. */
  readonly isDiscontinuity: boolean;
  /** Frames in front of it were dropped on the way, or it is of another source. */
  readonly isAfterLoss: boolean;
  readonly isCorrupted: boolean;
  /** Its bytes say that decoding can start with it. */
  readonly isRandomAccessPoint: boolean;
  /** The caps have changed since the frame before. */
  readonly isAfterCaps: boolean;
  /** The format of its track is known. */
  readonly hasFormat: boolean;
  /** Of codecs whose bytes say it. */
  readonly references: References | undefined;
};

/** Why a frame is of no use to a decoder. */
export type UndecodableReason =
  /** No key frame has come yet. */
  | 'no-key-frame'
  /** A frame that it refers to is missing. */
  | 'not-decodable'
  /** The source says that it is damaged. */
  | 'corrupted';

/** Whether a frame can be decoded, and whether decoding can start with it. */
export type Verdict =
  | { readonly keep: true; readonly isKeyFrame: boolean }
  | { readonly keep: false; readonly reason: UndecodableReason };

type PassedFlags = Pick<FrameFacts, 'isAfterLoss' | 'isDiscontinuity'>;

type State =
  | { readonly kind: 'continuous' }
  /** Up to the next key frame nothing can be decoded. */
  | { readonly kind: 'waiting'; readonly reason: 'no-key-frame' | 'not-decodable' }
  /** Behind a gap decoding began again at an open key frame: what is shown before it refers back. */
  | { readonly kind: 'leading'; readonly keyPtsNs: bigint };

const KEEP: Verdict = { keep: true, isKeyFrame: false };
const KEEP_KEY: Verdict = { keep: true, isKeyFrame: true };
const LOSE: Readonly<Record<UndecodableReason, Verdict>> = {
  'no-key-frame': { keep: false, reason: 'no-key-frame' },
  'not-decodable': { keep: false, reason: 'not-decodable' },
  corrupted: { keep: false, reason: 'corrupted' },
};
const NO_FLAGS: PassedFlags = { isAfterLoss: false, isDiscontinuity: false };
const CONTINUOUS: State = { kind: 'continuous' };
const WAITING_FOR_FIRST: State = { kind: 'waiting', reason: 'no-key-frame' };
const WAITING: State = { kind: 'waiting', reason: 'not-decodable' };

/**
 * Decides for one video track which frames a decoder can use: each is kept, or everything up to
 * the next key frame goes. Frames come in decoding order. The bytes have the last word where they
 * say what a picture refers to; a flag or a hole in time alone is no loss.
 */
export class Decodability {
  #state: State = WAITING_FOR_FIRST;
  readonly #distance = new FrameDistance();
  /** Whether the source's flags tell key frames from others: some call every frame one. */
  #flagsTell = false;
  #sawEntry = false;
  #sawInter = false;
  /** Groups of pictures in a row with a gap in their numbers that nothing else speaks for. */
  #unprovenGaps = 0;
  #hasUnprovenGap = false;
  /** Of what came without a picture since the last frame. */
  #passed: PassedFlags = NO_FLAGS;

  /** A key frame may be one by its flag alone. */
  get trustsFlags(): boolean {
    return this.#flagsTell || !this.#sawEntry;
  }

  get isWaiting(): boolean {
    return this.#state.kind === 'waiting';
  }

  /** A frame that was to be kept was lost after all, or the frames do not continue. */
  interrupt(): void {
    if (this.#state !== WAITING_FOR_FIRST) this.#state = WAITING;
  }

  /** What came without a picture: its flags are about the picture behind it. */
  passOver({ isAfterLoss, isDiscontinuity }: PassedFlags): void {
    if (!isAfterLoss && !isDiscontinuity) return;
    this.#passed = {
      isAfterLoss: this.#passed.isAfterLoss || isAfterLoss,
      isDiscontinuity: this.#passed.isDiscontinuity || isDiscontinuity,
    };
  }

  judge(given: FrameFacts): Verdict {
    const frame = this.#passed === NO_FLAGS ? given : { ...given, ...this.#take(given) };
    this.#distance.add(frame.dtsNs);
    if (frame.isAfterCaps) this.#trustNumbers();
    const { isFlaggedKey, isRandomAccessPoint, references } = frame;
    const isKey =
      frame.hasFormat && (isRandomAccessPoint || (isFlaggedKey && this.#isKeyByFlag(references)));
    this.#flagsTell ||= !isFlaggedKey && !isRandomAccessPoint;
    this.#sawEntry ||= isRandomAccessPoint;
    this.#sawInter ||= references?.entry === 'inter';
    if (frame.isCorrupted) return this.#loseCorrupted(frame);
    if (isKey) return this.#begin(frame);
    if (this.#state.kind === 'leading') {
      if (frame.ptsNs < this.#state.keyPtsNs) return LOSE['not-decodable'];
      this.#state = CONTINUOUS;
    }
    if (this.#state.kind === 'waiting') return LOSE[this.#state.reason];
    if (this.#isMissingReferences(frame)) {
      if (references?.isSkippable !== true) this.#state = WAITING;
      return LOSE['not-decodable'];
    }
    references?.accept();
    return KEEP;
  }

  #take(frame: FrameFacts): PassedFlags {
    this.passOver(frame);
    const flags = this.#passed;
    this.#passed = NO_FLAGS;
    return flags;
  }

  /** Other caps may be another encoder's, of whose numbers nothing is known. */
  #trustNumbers(): void {
    this.#unprovenGaps = 0;
    this.#hasUnprovenGap = false;
  }

  #begin({ ptsNs, references, isAfterLoss }: FrameFacts): Verdict {
    const isAfterGap = this.isWaiting || isAfterLoss;
    if (this.#hasUnprovenGap) this.#unprovenGaps += 1;
    else this.#unprovenGaps = 0;
    this.#hasUnprovenGap = false;
    const isOpen = references !== undefined && references.entry !== 'closed';
    // H.265 names the pictures that lead as such: they are seen to miss what they refer to.
    this.#state = isOpen && isAfterGap ? { kind: 'leading', keyPtsNs: ptsNs } : CONTINUOUS;
    references?.accept();
    return KEEP_KEY;
  }

  #loseCorrupted({ references }: FrameFacts): Verdict {
    if (references?.isReference !== false) this.interrupt();
    return LOSE.corrupted;
  }

  /**
   * Where the bytes do not decide: a flag makes a key frame of one that they do not speak against,
   * an I picture, a recovery point of intra refresh, or anything where there is nothing else to go
   * by.
   */
  #isKeyByFlag(references: References | undefined): boolean {
    if (references === undefined) return true;
    switch (references.entry) {
      case 'gradual':
      case 'intra':
        return this.#flagsTell || !this.#sawEntry || !this.#sawInter;
      default:
        return this.#flagsTell && !this.#sawEntry;
    }
  }

  #isMissingReferences(frame: FrameFacts): boolean {
    if (frame.isAfterLoss || !frame.hasFormat) return true;
    const { references } = frame;
    let continuity: Continuity = references === undefined ? 'unknown' : references.check();
    // Numbers that have had gaps too often without reason prove nothing by themselves.
    const isUntrusted = this.#unprovenGaps >= MAX_UNPROVEN_GAPS;
    if (continuity === 'gap' && isUntrusted && !this.#distance.isHole) continuity = 'unknown';
    switch (continuity) {
      case 'gap':
        if (!frame.isDiscontinuity && !this.#distance.isHole) this.#hasUnprovenGap = true;
        return true;
      case 'skips':
        return frame.isDiscontinuity;
      case 'continues':
        // So much may be missing that the numbers have come round.
        return (
          frame.isDiscontinuity && this.#distance.stepInFrames > (references?.numberRange ?? 0) / 2
        );
      case 'unknown':
        return frame.isAfterCaps || (frame.isDiscontinuity && this.#distance.isHole);
    }
  }
}
