import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageGeneration } from '../data-folder/stream-record.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { startOf } from '../fragments/timestamp-origin.ts';
import { fragmentVideo } from '../images/fragment-video.ts';
import { imageSettings } from '../images/image-settings.ts';
import { imagesAt, requireDecoder } from '../images/video-images.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import { placeOf } from './delivery-place.ts';
import { tagEvents } from './fragment-tags.ts';

const TAG = 'AWS_KINESISVIDEO_IMAGE_GENERATION';

/** Writes the images of one stream's tagged fragments where S3 would have them. */
export class ImageDelivery {
  readonly #stream: LocalStream;
  readonly #dataDir: string;
  readonly #accountId: string;
  /** Epoch ms of the newest image. */
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(stream: LocalStream, dataDir: string, accountId: string) {
    this.#stream = stream;
    this.#dataDir = dataDir;
    this.#accountId = accountId;
  }

  /**
   * Delivers what a persisted fragment asks for.
   * @throws Error when it cannot be decoded or written.
   */
  async deliver(fragment: FragmentRecord): Promise<void> {
    const { record, fragments } = this.#stream;
    const settings = record.imageGeneration;
    if (settings?.Status !== 'ENABLED') return;
    const file = await fragments.read(fragment);
    const [event] = tagEvents(file, TAG);
    const video = fragmentVideo(file);
    if (event === undefined || video === undefined) return;
    const startMs = startOf(fragment, settings.ImageSelectorType);
    const times = this.#timesOf(startMs, fragment.durationMs, settings.SamplingInterval);
    const images = await imagesAt(requireDecoder(), video, times, imageSettings(settings));
    for (const [i, image] of images.entries()) {
      if (image === undefined) continue;
      const key = this.#key(startMs + (times[i] ?? 0), event.imagePrefix ?? '', settings);
      await this.#put(key, image, fragment);
    }
  }

  /** Times in a fragment at which an image is due: an interval after the last one. */
  #timesOf(startMs: number, durationMs: number, intervalMs: number): number[] {
    const isFollowed = startMs >= this.#lastMs && startMs - this.#lastMs < intervalMs;
    let atMs = isFollowed ? this.#lastMs + intervalMs : startMs;
    const times: number[] = [];
    for (; atMs < startMs + Math.max(1, durationMs); atMs += intervalMs) {
      times.push(atMs - startMs);
      this.#lastMs = atMs;
    }
    return times;
  }

  /** https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/images.html */
  #key(atMs: number, prefix: string, { DestinationConfig, Format }: ImageGeneration): string {
    const { name } = this.#stream.record;
    const bucket = DestinationConfig.Uri.replace(/^[^:]*:(\/\/)?/, '');
    const file = `${prefix}_${this.#accountId}_${name}_${Math.round(atMs)}_${randomUUID()}`;
    return `${bucket}/${file}.${Format === 'JPEG' ? 'jpg' : 'png'}`;
  }

  async #put(key: string, image: Uint8Array, fragment: FragmentRecord): Promise<void> {
    const path = placeOf(join(this.#dataDir, 's3'), key);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, image, { mode: 0o600 });
    const metadata = {
      StreamARN: this.#stream.record.arn,
      FragmentNumber: fragment.number,
      ProducerTimestamp: fragment.producerTimestampMs,
      ServerTimestamp: fragment.serverTimestampMs,
    };
    await writeFile(`${path}.metadata.json`, `${JSON.stringify(metadata)}\n`, { mode: 0o600 });
  }
}
