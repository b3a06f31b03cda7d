import { KvsError } from '../../errors/kvs-error.ts';
import { countUndelivered, undeliveredText } from '../../putmedia/uploader/undelivered.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { BackedSource } from '../../spool/backed-source.ts';
import type { SpoolStatus } from '../../spool/progress.ts';
import type { SpoolSettings } from '../../spool/settings.ts';
import { Spool } from '../../spool/spool.ts';
import type { Overflow } from '../../storage/overflow.ts';
import type { FragmentSource } from '../../storage/stored-fragment.ts';
import type { StreamView } from '../../storage/stream-view.ts';
import type { Emitter } from '../events/emitter.ts';
import type { StreamEvents } from '../events/events.ts';
import type { StreamReports } from '../reports/stream-reports.ts';

/** Between two events about a spool that goes on as before. */
const STATUS_QUIET_MS = 2_000;
/** Between two warnings of a kind. */
const WARNING_QUIET_MS = 30_000;
/** The end of a stream waits so long for the service before it writes to the disk. */
const KEEP_AFTER_MS = 5_000;
/** Of the time that the end may take, what is kept for the disk: this, or a quarter of it. */
const DISK_MS = 1_000;

/** What a spool's link has from its stream. */
export type SpoolContext = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: Emitter<StreamEvents>;
  readonly reports: StreamReports;
};

/** One life's spool, as its stream sees it: what it tells, and what the end leaves to it. */
export class SpoolLink {
  readonly #spool: Spool;
  readonly #settings: SpoolSettings;
  readonly #context: SpoolContext;
  readonly #warnedMs = new Map<string, number>();
  #told: { readonly state: SpoolStatus['state']; readonly atMs: number } | undefined;

  /** @param stampMs as of Spool */
  constructor(
    settings: SpoolSettings,
    context: SpoolContext,
    stampMs: () => number | undefined = () => undefined,
  ) {
    const { clock, log, reports } = context;
    this.#settings = settings;
    this.#context = context;
    this.#spool = new Spool(settings, {
      clock,
      log,
      stampMs,
      events: {
        dropped: (notice) => reports.dropped(notice),
        warned: (warning) => this.#warn(warning),
        left: () => reports.left(),
        changed: () => this.#tell(),
      },
    });
  }

  /** For the view. */
  get overflow(): Overflow {
    return this.#spool;
  }

  get status(): SpoolStatus {
    return this.#spool.status;
  }

  /** From where the caller has what would be lost with this process. */
  get neededFrom(): { readonly frames: number; readonly metadata: number } {
    return this.#spool.neededFrom;
  }

  /** For the uploader: what the view holds, and what is in the spool. */
  sourceOf(view: StreamView): FragmentSource {
    return new BackedSource(view, this.#spool, this.#settings.policy);
  }

  /** @throws KvsError for a spool that another process uses, and for a key that is wrong */
  open(): Promise<void> {
    return this.#spool.open();
  }

  /** As of Spool. */
  tellTime(nowMs: number): void {
    this.#spool.tellTime(nowMs);
  }

  /** How long delivery may take, of the time for all of the end. */
  deliveryMs(timeoutMs: number): number {
    return timeoutMs - Math.min(DISK_MS, timeoutMs / 4);
  }

  /**
   * Waits until everything is delivered. Where that takes long, what is in memory is written to
   * the disk meanwhile; what is left in the end is reported, and is no loss.
   * @param close ends the delivery
   * @throws KvsError what the delivery failed with, when something is lost, or more than time was
   * lacking
   */
  async finish(
    delivered: Promise<void>,
    view: StreamView,
    timeoutMs: number,
    close: () => void,
  ): Promise<void> {
    const afterMs = Math.min(KEEP_AFTER_MS, timeoutMs / 4);
    const timer = this.#context.clock.after(afterMs, () => void this.keep(view));
    try {
      await delivered;
      await this.#spool.flush();
    } catch (error) {
      close();
      const isKept = await this.keep(view);
      const isLate = error instanceof KvsError && error.code === 'STATUS_OPERATION_TIMED_OUT';
      if (!isLate || !isKept) throw error;
      this.#tellKept();
    } finally {
      timer.cancel();
      await this.#spool.close();
    }
  }

  /** Writes what the view holds to the disk. @returns whether all of it is safe there */
  async keep(view: StreamView): Promise<boolean> {
    let wasFlushed = false;
    for (;;) {
      const became = view.handOverOldest();
      if (became === 'none') break;
      if (became === 'refused') {
        if (wasFlushed || !(await this.#spool.flush())) return false;
      }
      wasFlushed = became === 'refused';
    }
    return (await this.#spool.flush()) && countUndelivered(view, () => false).fragments === 0;
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#spool.close();
  }

  #tellKept(): void {
    const { fragments, frames, durationNs: spanNs } = this.#spool.status;
    const left = undeliveredText({ fragments, frames, spanNs, received: 0 });
    this.#context.events.emit('streamWarning', {
      warning: new KvsError(
        'STATUS_OPERATION_TIMED_OUT',
        `${left} were not delivered and are waiting in the spool in ${this.#spool.folder}`,
        {
          advice:
            'The next start with the same stream and spool-directory sends them, or kvs-launch spool send.',
        },
      ),
    });
  }

  #warn(warning: KvsError): void {
    const nowMs = this.#context.clock.monotonicMs();
    const lastMs = this.#warnedMs.get(warning.code) ?? Number.NEGATIVE_INFINITY;
    this.#context.log.warn(warning.message);
    if (nowMs - lastMs < WARNING_QUIET_MS) return;
    this.#warnedMs.set(warning.code, nowMs);
    this.#context.events.emit('streamWarning', { warning });
  }

  #tell(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const { status } = this;
    const isQuiet = this.#told !== undefined && nowMs - this.#told.atMs < STATUS_QUIET_MS;
    if (isQuiet && status.state === this.#told?.state) return;
    if (status.state !== this.#told?.state) {
      const { state, fragments, bytes } = status;
      this.#context.log.info(`the spool is ${state}`, { fragments, bytes });
    }
    this.#told = { state: status.state, atMs: nowMs };
    this.#context.events.emit('spool', { ...status, folder: this.#spool.folder });
  }
}
