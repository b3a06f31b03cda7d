import type { DropReason } from '../../storage/stored-fragment.ts';
import type { BeginReason, JoinReason } from '../packaging/boundary.ts';
import type { LossReason } from '../packaging/packager-events.ts';
import type { TimesDoubt } from '../tracks/presentation-times.ts';

/** Log lines: why frames were left out. */
export const LOSS_TEXTS: Readonly<Record<LossReason, string>> = {
  'no-key-frame': 'frames before a key frame are left out',
  'not-decodable': 'frames are left out: frames that they refer to are missing',
  corrupted: 'frames are left out: the source says that they are corrupted',
  'no-format': 'frames are left out until the format of their track is known',
  'no-room': 'frames are dropped: the content store is full',
  'too-large': 'a frame does not fit into the content store at all',
  invalid: 'frames do not match their codec and are left out',
};

/** Log lines: why fragments left the buffer. */
export const DROP_TEXTS: Readonly<Record<DropReason, string>> = {
  'storage-full': 'the content store is full: the oldest fragments are dropped',
  'buffer-duration': 'the buffer duration is reached: the oldest fragments are dropped',
  rejected: 'the service refused a fragment: it is not sent again',
  'not-persisted': 'no room: fragments are dropped that the service has received but not persisted',
  'spool-full': 'the spool is full: its oldest fragments are dropped',
  'spool-duration': 'the duration of the spool is reached: its oldest fragments are dropped',
  'spool-damaged': 'fragments in the spool cannot be read any more',
  reset: 'fragments that were not sent are dropped',
};

/** Log lines: why a fragment begins where nobody asked for one. */
export const SPLIT_TEXTS: Readonly<Partial<Record<BeginReason, string>>> = {
  'split-duration':
    'a fragment begins without a key frame: KVS accepts fragments of at most ten seconds',
  'split-size': 'a fragment begins without a key frame: KVS accepts fragments of at most 50 MB',
  'split-range':
    'a fragment begins without a key frame: the timecode scale is too small for longer ones',
  timeline: "the source's timestamps are not continuous: a new fragment begins",
};

/** Log lines: why a key frame begins no fragment. */
export const JOIN_TEXTS: Readonly<Record<JoinReason, string>> = {
  'too-short':
    'key frames are less than a second apart: they share fragments, which KVS requires to be longer',
  'too-frequent':
    'fragments are ended or interrupted more often than the five times a second that KVS accepts: they continue',
  'missing-track':
    'a fragment continues past a key frame: it has no frame of another track yet, and KVS requires one',
};

/** Warnings: presentation times that could not be derived, or not all of them. */
export const DOUBT_TEXTS: Readonly<Record<TimesDoubt, string>> = {
  unreadable:
    'frames have a decoding time only, and their order cannot be read: they are shown as they come',
  'other-steps':
    'frames have a decoding time only, and count their order in steps that were not expected: ' +
    'the first of them may be shown at wrong times',
  'leading-pictures':
    'frames have a decoding time only, and some are shown before the key frame they follow: ' +
    'the first such key frame may be shown too early',
};
