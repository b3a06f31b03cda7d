import type { AwsAccess } from '../../../aws/aws-access.ts';
import { asKvsError, type KvsError } from '../../../errors/kvs-error.ts';
import { resolveDeviceInfo } from '../../../producer/info/device-info.ts';
import { resolveStreamInfo } from '../../../producer/info/stream-info.ts';
import { uploaderSettings } from '../../../producer/uploader-settings.ts';
import type { Uploader } from '../../../putmedia/uploader-api.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { ContentStore } from '../../../storage/content-store.ts';
import type { StreamView } from '../../../storage/stream-view.ts';
import { AHEAD_BYTES } from '../../../storage/view-options.ts';
import type { StoredMedia } from './stored-media.ts';
import { createFileUploader, type GateCounts } from './stream-gate.ts';

/** More than the largest fragment, so that one can be written while another is sent. */
const STORE_BYTES = 104 * 1024 * 1024;
/** What is in memory is bounded by its bytes alone. */
const NO_LIMIT_NS = 2n ** 62n;

/** What an upload needs. */
export type FileUploadContext = {
  readonly access: AwsAccess;
  readonly log: Logger;
  readonly streamName: string;
  readonly retentionHours: number;
  /** What the stream has already; undefined where everything is sent. */
  readonly stored: StoredMedia | undefined;
  readonly contentType: Promise<string>;
  /** Something has gone wrong that the upload goes on after. */
  readonly onProblem: (error: KvsError) => void;
  /** The service will never take these frames. */
  readonly onLost: (frames: number) => void;
};

/** The way of one file's fragments to the service: a store, and the producer core's uploader. */
export class FileUpload {
  readonly view: StreamView;
  readonly counts: GateCounts = { fragments: 0, skipped: 0 };
  readonly #uploader: Uploader;
  #failure: KvsError | undefined;

  constructor(context: FileUploadContext) {
    const { access, log, streamName, retentionHours, stored, onLost, onProblem } = context;
    const store = new ContentStore(STORE_BYTES);
    this.view = store.openView({
      mayDrop: false,
      dropPolicy: 'fragment',
      bufferDurationNs: NO_LIMIT_NS,
      onDrop: ({ frames, lost }) => {
        if (lost) onLost(frames);
      },
    });
    this.view.aheadBytes = AHEAD_BYTES;
    const info = resolveStreamInfo(
      { streamName, retentionHours, streamingType: 'offline' },
      Math.random,
    );
    const device = resolveDeviceInfo(undefined);
    const contentType = (): Promise<string> => context.contentType;
    this.#uploader = createFileUploader(
      uploaderSettings(info, device, access, process.env, contentType),
      {
        source: this.view,
        controlPlane: access.controlPlane,
        credentials: access.credentials,
        region: access.region,
        agentFor: (url) => access.agents.agentFor(url),
        clock: systemClock,
        random: Math.random,
        log: log.child({ stream: streamName }),
        events: {
          ready: () => {},
          connection: () => {},
          ack: () => {},
          error: (error, { fatal }) => {
            if (fatal) this.#fail(error);
            else onProblem(error);
          },
          stale: () => true,
        },
      },
      {
        stored,
        streamName,
        counts: this.counts,
        onFailed: (error) => this.#fail(asKvsError(error)),
      },
    );
    this.#uploader.start();
  }

  /**
   * Resolves when there is room for so many bytes.
   * @throws KvsError what ended the upload
   */
  async room(bytes: number): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.view.reserve(bytes)) return;
      await this.view.whenRoom();
    }
  }

  /** Whether there is room at once; false also where the upload has ended. */
  hasRoom(bytes: number): boolean {
    return this.#failure === undefined && this.view.reserve(bytes);
  }

  /**
   * Resolves when everything is persisted.
   * @throws KvsError what ended the upload
   */
  async finish(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#uploader.drain(Number.POSITIVE_INFINITY);
    this.close();
  }

  /** What was not sent is left where it is. Idempotent. */
  close(): void {
    this.#uploader.close();
    this.view.close();
  }

  #fail(error: KvsError): void {
    this.#failure ??= error;
    this.close();
  }
}
