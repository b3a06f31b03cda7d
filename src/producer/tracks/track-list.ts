import { KvsError } from '../../errors/kvs-error.ts';
import type { TimestampCounters } from '../events/metrics.ts';
import { checkTrack } from '../info/stream-info.ts';
import { STREAM_LIMITS } from '../info/stream-limits.ts';
import type { TrackInfo } from '../info/track-info.ts';
import type { Track } from './track.ts';

/**
 * The tracks of a stream: one row that all of its parts look at, and that changes while it plays. A
 * track that was removed stays in it until its last frame is packaged, and is remembered
 * afterwards: the same id is then the same track again.
 */
export class TrackList {
  readonly #row: Track[] = [];
  readonly #former = new Map<number, Track>();
  readonly #make: (info: TrackInfo) => Track;
  /** A removed track has frames that are not packaged yet. */
  isAnyLeaving = false;

  /** @param make a track that has no frames yet */
  constructor(infos: readonly TrackInfo[], make: (info: TrackInfo) => Track) {
    this.#make = make;
    for (const info of infos) this.#row.push(make(info));
  }

  /** In the order of their ids or, at first, as they were given. Always the same array. */
  get row(): readonly Track[] {
    return this.#row;
  }

  /** Those that were not removed. */
  get present(): Track[] {
    return this.#row.filter(({ isRemoved }) => !isRemoved);
  }

  /** @throws KvsError STATUS_MKV_TRACK_INFO_NOT_FOUND */
  get(id: number): Track {
    for (const track of this.#row) if (track.id === id && !track.isRemoved) return track;
    throw new KvsError(
      'STATUS_MKV_TRACK_INFO_NOT_FOUND',
      `The stream has no track ${id}; it has ${this.present.map((track) => track.id).join(', ')}`,
    );
  }

  /** @throws KvsError for a fourth track, an id that is in use, or one that was another medium's */
  add(info: TrackInfo): Track {
    checkTrack(info);
    const { trackId } = info;
    const present = this.present;
    if (present.some(({ id }) => id === trackId)) {
      throw new KvsError(
        'STATUS_DUPLICATE_TRACK_ID_FOUND',
        `The stream already has a track ${trackId}`,
      );
    }
    if (present.length >= STREAM_LIMITS.trackCount) {
      throw new KvsError(
        'STATUS_MAX_TRACK_COUNT_EXCEEDED',
        `The stream has ${present.length} tracks; KVS accepts at most ${STREAM_LIMITS.trackCount}`,
        { advice: 'Remove a track before another one is added.' },
      );
    }
    const epoch = Math.max(0, ...this.#row.map(({ timeline }) => timeline.epoch));
    const former = this.#former.get(trackId);
    const track = former === undefined ? this.#make(info) : rejoin(former, info);
    track.timeline.restart(epoch);
    if (!this.#row.includes(track)) this.#insert(track);
    return track;
  }

  /** Frames that were put are still packaged. @throws KvsError as get */
  remove(id: number): Track {
    const track = this.get(id);
    track.isRemoved = true;
    track.isParked = false;
    this.#former.set(id, track);
    this.isAnyLeaving = true;
    return track;
  }

  /** Lets go of removed tracks that have no frame left. */
  settle(): void {
    const left = this.#row.filter(({ isRemoved, queue }) => !isRemoved || queue.length > 0);
    this.#row.splice(0, this.#row.length, ...left);
    this.isAnyLeaving = left.some(({ isRemoved }) => isRemoved);
  }

  /** What was done to the times of all tracks that there are and were. */
  get timestampCounters(): TimestampCounters {
    const sum = { missing: 0, repeated: 0, backward: 0, forwardJumps: 0 };
    for (const { timeline } of new Set([...this.#row, ...this.#former.values()])) {
      sum.missing += timeline.counters.missing;
      sum.repeated += timeline.counters.repeated;
      sum.backward += timeline.counters.backward;
      sum.forwardJumps += timeline.counters.forwardJumps;
    }
    return sum;
  }

  #insert(track: Track): void {
    const at = this.#row.findIndex(({ id }) => id > track.id);
    this.#row.splice(at === -1 ? this.#row.length : at, 0, track);
  }
}

/** A consumer knows a track by its id: what was sound does not become a picture. */
function rejoin(track: Track, info: TrackInfo): Track {
  const kind = info.description?.kind ?? info.kind ?? track.kind;
  if (kind !== track.kind) {
    throw new KvsError(
      'STATUS_DUPLICATE_TRACK_ID_FOUND',
      `Track ${info.trackId} was ${track.kind} before and cannot become ${kind}`,
      { advice: 'Give it an id that the stream has not had yet.' },
    );
  }
  track.rejoin(info);
  return track;
}
