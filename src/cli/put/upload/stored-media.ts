import type { KinesisVideoConsumer } from '../../../consumer/consumer.ts';
import type { ConsumedFragment } from '../../../consumer/fragments/consumed-fragment.ts';
import { readFragments } from '../../../consumer/fragments/fragment-reader.ts';
import { KvsError } from '../../../errors/kvs-error.ts';

/** So much of a stream is asked for at a time. */
const WINDOW_MS = 3_600_000;

/** The reading half of a consumer that is used here. */
export type MediaReader = Pick<KinesisVideoConsumer, 'fragments' | 'archive'>;

/** What a stream has stored already, asked for hour by hour as it is needed. */
export class StoredMedia {
  readonly #reader: MediaReader;
  readonly #windows = new Map<number, Promise<ReadonlySet<number>>>();
  #isMissing = false;

  constructor(reader: MediaReader) {
    this.#reader = reader;
  }

  /**
   * Whether a fragment with this time is stored.
   * @param startMs its producer time, epoch ms
   * @throws KvsError where the service does not say
   */
  async has(startMs: number): Promise<boolean> {
    if (this.#isMissing) return false;
    const window = Math.floor(startMs / WINDOW_MS);
    let listed = this.#windows.get(window);
    if (listed === undefined) {
      // Only the last one is asked for again.
      this.#windows.clear();
      listed = this.#list(window * WINDOW_MS);
      this.#windows.set(window, listed);
    }
    return (await listed).has(startMs);
  }

  /**
   * Whether the stored fragment of this time has these frames and no others.
   * @param bytes the fragment as it would be sent, with its header
   * @throws KvsError where it cannot be fetched
   */
  async isSame(startMs: number, bytes: Uint8Array): Promise<boolean> {
    const range = { from: new Date(startMs - 1), to: new Date(startMs + 1) };
    for await (const stored of this.#reader.archive(range)) {
      for await (const own of readFragments(oneChunk(bytes))) {
        if (hasSameFrames(stored, own)) return true;
      }
    }
    return false;
  }

  async #list(fromMs: number): Promise<ReadonlySet<number>> {
    const starts = new Set<number>();
    // The service's times are seconds with a fraction: what lies at the edge belongs to both.
    const range = { from: new Date(fromMs - 1), to: new Date(fromMs + WINDOW_MS + 1) };
    try {
      for await (const { producerTimestamp } of this.#reader.fragments(range)) {
        starts.add(Math.round(producerTimestamp.getTime()));
      }
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      if (error.failure?.kind === 'not-found') this.#isMissing = true;
      else throw unknown(error);
    }
    return starts;
  }
}

function unknown(error: KvsError): KvsError {
  return new KvsError(
    error.code,
    `What the stream has already cannot be found out: ${error.message}`,
    {
      cause: error,
      advice:
        'Allow kinesisvideo:ListFragments, kinesisvideo:GetMediaForFragmentList and kinesisvideo:GetDataEndpoint, or send everything with --no-resume.',
      ...(error.failure === undefined ? {} : { failure: error.failure }),
    },
  );
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function hasSameFrames(
  { frames: stored }: Pick<ConsumedFragment, 'frames'>,
  { frames: own }: Pick<ConsumedFragment, 'frames'>,
): boolean {
  return (
    stored.length === own.length &&
    stored.every(({ data }, index) => {
      const other = own[index]?.data;
      return other !== undefined && Buffer.compare(data, other) === 0;
    })
  );
}
