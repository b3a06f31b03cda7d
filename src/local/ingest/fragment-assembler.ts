import type {
  MatroskaHandlers,
  ReadBlock,
  ReadTag,
  ReadTrack,
} from '../../matroska/reader-handlers.ts';
import type { IngestLimits } from '../settings/ingest-limits.ts';
import type { LiveFrame } from '../streams/live-feed.ts';
import { formatId } from './format-id.ts';
import { FragmentDraft, type SessionHeader } from './fragment-draft.ts';
import { IngestError } from './ingest-error.ts';
import { sortTags } from './tag-sorting.ts';

/** Tags of the header are stored with every fragment. */
const MAX_HEADER_TAGS_BYTES = 64 * 1024;

export type AssemblerEvents = {
  /** The first byte of a fragment's cluster was seen. */
  begun(draft: FragmentDraft): void;
  frame(frame: LiveFrame): void;
  completed(draft: FragmentDraft): void;
  /** Tags with these names were left out: they are the service's. */
  reservedTags(names: readonly string[]): void;
};

export type AssemblerSettings = {
  readonly limits: IngestLimits;
  /** Epoch ms added to timecodes: the producer's start for RELATIVE ones, 0 for ABSOLUTE. */
  readonly baseMs: number;
  readonly nowMs: () => number;
  readonly nextNumber: () => string;
};

/**
 * Makes fragments of what the Matroska reader finds, and holds them to the limits of PutMedia
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html).
 * Every method may throw an IngestError.
 */
export class FragmentAssembler implements MatroskaHandlers {
  readonly #settings: AssemblerSettings;
  readonly #events: AssemblerEvents;
  #ebml: Uint8Array | undefined;
  #info: { raw: Uint8Array; timecodeScaleNs: number } | undefined;
  #header: SessionHeader | undefined;
  readonly #tracksByNumber = new Map<number, ReadTrack>();
  /** What muxers say about the file in front of the first cluster. */
  readonly #headerTags: Uint8Array[] = [];
  #headerTagsBytes = 0;
  #hasCluster = false;
  /** Tags seen since the last cluster began. */
  #tags: { raw: Uint8Array; count: number }[] = [];
  #draft: FragmentDraft | undefined;
  #previous: FragmentDraft | undefined;

  constructor(settings: AssemblerSettings, events: AssemblerEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  /** The fragment being received. */
  get current(): FragmentDraft | undefined {
    return this.#draft;
  }

  ebmlHeader(raw: Uint8Array): void {
    if (this.#ebml !== undefined) throw invalid('A second EBML header in one PutMedia request.');
    this.#ebml = raw.slice();
  }

  segmentStart(): void {
    if (this.#ebml === undefined) throw invalid('The body does not begin with an EBML header.');
    if (this.#info !== undefined) throw invalid('A second Segment in one PutMedia request.');
  }

  info(info: { timecodeScaleNs: number }, raw: Uint8Array): void {
    if (this.#info !== undefined) throw invalid('A second Info element.');
    this.#info = { raw: raw.slice(), timecodeScaleNs: info.timecodeScaleNs };
  }

  tracks(tracks: readonly ReadTrack[], raw: Uint8Array): void {
    if (this.#header !== undefined) throw invalid('A second Tracks element.');
    if (this.#ebml === undefined || this.#info === undefined) {
      throw invalid('Tracks before the EBML header or the Info element.');
    }
    if (tracks.length === 0) throw invalid('No track in the Tracks element.');
    const { maxTracks } = this.#settings.limits;
    if (tracks.length > maxTracks) {
      throw new IngestError(
        'MORE_THAN_ALLOWED_TRACKS_FOUND',
        `${tracks.length} tracks; ${maxTracks} are allowed.`,
      );
    }
    const kept = tracks.map((track) => ({ ...track, codecPrivate: track.codecPrivate?.slice() }));
    for (const track of kept) this.#tracksByNumber.set(track.number, track);
    this.#header = {
      ebml: this.#ebml,
      info: this.#info.raw,
      tracks: raw.slice(),
      tags: this.#headerTags,
      timecodeScaleNs: this.#info.timecodeScaleNs,
      trackList: kept,
      formatId: formatId(kept, this.#info.timecodeScaleNs),
    };
  }

  tags(tags: readonly ReadTag[], raw: Uint8Array): void {
    const { ends, own, stored, isAboutFile, reserved } = sortTags(tags, raw);
    if (reserved.length > 0) this.#events.reservedTags(reserved);
    this.#checkTags(own);
    if (stored !== undefined) this.#tags.push({ raw: stored.slice(), count: own.length });
    // KVS gives each chunk what the header says; what it says behind clusters is left out here.
    if (isAboutFile && !this.#hasCluster) this.#addHeaderTags(raw);
    if (ends && this.#draft !== undefined) {
      this.#draft.setTrailingTags(this.#takeTags());
      this.#complete();
    }
  }

  clusterStart(timecode: bigint): void {
    const header = this.#header;
    if (header === undefined) throw invalid('A Cluster before the Tracks element.');
    const { baseMs, nowMs, nextNumber } = this.#settings;
    const startMs = baseMs + Number(timecode) * (header.timecodeScaleNs / 1e6);
    if (this.#draft !== undefined) this.#checkMinimum(this.#draft, startMs);
    this.#complete();
    this.#hasCluster = true;
    const draft = new FragmentDraft({
      header,
      timecode,
      number: nextNumber(),
      startMs,
      serverTimestampMs: nowMs(),
      tags: this.#takeTags(),
    });
    this.#draft = draft;
    if (!Number.isFinite(startMs) || startMs > MAX_DATE_MS) {
      throw new IngestError('INVALID_PRODUCER_TIMESTAMP', `${startMs} ms is not a time.`);
    }
    const previous = this.#previous;
    if (previous !== undefined && timecode <= previous.timecode) {
      throw notMonotonic(`timecode ${timecode} after ${previous.timecode}`);
    }
    this.#events.begun(draft);
  }

  /** Refused before it has come: a frame of 70 MB would be in memory until then. */
  blockStart(bytes: number): void {
    this.#checkSize((this.#draft?.byteLength ?? 0) + bytes);
  }

  block(block: ReadBlock, raw: Uint8Array): void {
    const draft = this.#draft;
    if (draft === undefined) throw invalid('A block outside of a fragment.');
    const track = this.#tracksByNumber.get(block.trackNumber);
    if (track === undefined) {
      throw new IngestError(
        'TRACK_NUMBER_MISMATCH',
        `A frame of track ${block.trackNumber}, which is not in the header.`,
      );
    }
    const { limits, nowMs } = this.#settings;
    const isFirst = draft.frames === 0;
    const frames = draft.add(block, track, raw);
    const [first] = frames;
    const before = this.#previous?.lastOf(block.trackNumber);
    if (first !== undefined && before !== undefined && first.timestampMs <= before) {
      throw notMonotonic(
        `a frame of track ${block.trackNumber} at ${first.timestampMs} ms after one at ${before} ` +
          'ms in the cluster before; clusters must begin with key frames (ffmpeg: ' +
          '-cluster_time_limit 10000 -cluster_size_limit 50000000)',
      );
    }
    this.#checkSize(draft.byteLength);
    if (draft.frames > limits.maxFragmentFrames) {
      throw new IngestError(
        'MAX_FRAGMENT_SIZE_REACHED',
        `More than ${limits.maxFragmentFrames} frames in a fragment.`,
      );
    }
    if (draft.spanMs > limits.maxFragmentMs) {
      throw new IngestError(
        'MAX_FRAGMENT_DURATION_REACHED',
        `A fragment of ${draft.spanMs} ms; ${limits.maxFragmentMs} are allowed.`,
      );
    }
    const { isKeyFrame } = block;
    const source = draft.header;
    const arrivedMs = nowMs();
    frames.forEach(({ data, timestampMs }, i) => {
      const startsFragment = isFirst && i === 0;
      this.#events.frame({
        source,
        track,
        timestampMs,
        arrivedMs,
        isKeyFrame,
        startsFragment,
        data,
      });
    });
  }

  /** A cluster that announced its size is a whole fragment; after another, tags may follow. */
  clusterEnd(hasKnownSize: boolean): void {
    const draft = this.#draft;
    draft?.markWhole();
    if (draft === undefined || !hasKnownSize) return;
    // The next one may begin later than the last frame's estimated end; of one frame none is known.
    if (draft.frames > 1) this.#checkMinimum(draft, draft.endMs);
    this.#complete();
  }

  /**
   * The session ends for another reason than the fragment: it is kept, if it is whole.
   * @param isBetweenElements whether what came of it may be all of it.
   */
  endEarly(isBetweenElements: boolean): void {
    const draft = this.#draft;
    if (draft === undefined || draft.frames === 0) return;
    if ((draft.isWhole || isBetweenElements) && missingTrack(draft) === undefined) this.#complete();
  }

  /** The body ended as it should: so did the last fragment. */
  endOfBody(): void {
    this.#complete();
  }

  #complete(): void {
    const draft = this.#draft;
    if (draft === undefined) return;
    const missing = missingTrack(draft);
    if (missing !== undefined) {
      throw new IngestError(
        'FRAMES_MISSING_FOR_TRACK',
        `No frame of track ${missing.number} ('${missing.name}') in the fragment.`,
      );
    }
    this.#draft = undefined;
    this.#previous = draft;
    this.#events.completed(draft);
  }

  /** Not for a fragment that nothing follows: each recording has a last one. */
  #checkMinimum(draft: FragmentDraft, nextMs: number): void {
    const { minFragmentMs } = this.#settings.limits;
    const lastsMs = Math.max(draft.endMs, nextMs) - draft.startMs;
    if (lastsMs >= minFragmentMs) return;
    // It is whole, and would be kept.
    this.#draft = undefined;
    throw new IngestError(
      'MIN_FRAGMENT_DURATION_REACHED',
      `A fragment of ${lastsMs} ms; it must last at least ${minFragmentMs}.`,
      { fragment: draft },
    );
  }

  #takeTags(): Uint8Array[] {
    const taken = this.#tags.map((tags) => tags.raw);
    this.#tags = [];
    return taken;
  }

  #addHeaderTags(raw: Uint8Array): void {
    this.#headerTagsBytes += raw.length;
    if (this.#headerTagsBytes > MAX_HEADER_TAGS_BYTES) {
      throw new IngestError(
        'FRAGMENT_METADATA_LIMIT_REACHED',
        `More than ${MAX_HEADER_TAGS_BYTES} bytes of tags in the header.`,
      );
    }
    this.#headerTags.push(raw.slice());
  }

  #checkSize(bytes: number): void {
    const { maxFragmentBytes } = this.#settings.limits;
    if (bytes <= maxFragmentBytes) return;
    throw new IngestError(
      'MAX_FRAGMENT_SIZE_REACHED',
      `More than ${maxFragmentBytes} bytes in a fragment.`,
    );
  }

  #checkTags(tags: readonly ReadTag[]): void {
    const { maxTagsPerFragment, maxTagNameBytes, maxTagValueBytes } = this.#settings.limits;
    const count = this.#tags.reduce((sum, { count }) => sum + count, tags.length);
    const tooLong = tags.some(
      ({ name, value }) =>
        Buffer.byteLength(name) > maxTagNameBytes || Buffer.byteLength(value) > maxTagValueBytes,
    );
    if (count > maxTagsPerFragment || tooLong) {
      throw new IngestError(
        'FRAGMENT_METADATA_LIMIT_REACHED',
        `${count} tags on a fragment, or one too long; ${maxTagsPerFragment} tags with names of ` +
          `${maxTagNameBytes} and values of ${maxTagValueBytes} bytes are allowed.`,
      );
    }
  }
}

/** A track that a fragment lacks. */
function missingTrack(draft: FragmentDraft): ReadTrack | undefined {
  return draft.header.trackList.find(({ number }) => draft.firstOf(number) === undefined);
}

/** The last moment JavaScript's Date can hold. */
const MAX_DATE_MS = 8.64e15;

function invalid(message: string): IngestError {
  return new IngestError('INVALID_MKV_DATA', message);
}

function notMonotonic(what: string): IngestError {
  return new IngestError(
    'FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS',
    `Fragments out of order: ${what}.`,
  );
}
