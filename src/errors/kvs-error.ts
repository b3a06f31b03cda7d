import { STATUS, type StatusName } from './status.ts';

/** What a KvsError carries beside its text. */
export type KvsErrorOptions = {
  /** The error underneath, if there is one. */
  cause?: unknown;
  /** What the user can do about it; defaults to the table's advice for the status. */
  advice?: string;
};

/**
 * The one error class of this project. `name` and `status` are upstream's (status.ts), `message`
 * says what happened and with which value, `advice` what to do about it.
 */
export class KvsError extends Error {
  /** Upstream's name of the status, e.g. `STATUS_INVALID_STREAM_NAME_LENGTH`. */
  readonly code: StatusName;
  /** Upstream's number of the status, e.g. 0x52000002. */
  readonly status: number;
  /** What the user can do about it, as a sentence. */
  readonly advice: string;

  constructor(code: StatusName, message: string, options: KvsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KvsError';
    this.code = code;
    this.status = STATUS[code].value;
    this.advice = options.advice ?? STATUS[code].advice;
  }

  /** `STATUS_X (0x52000010): what happened. What to do.` as it goes to a log or the bus. */
  describe(): string {
    const number = this.status.toString(16).padStart(8, '0');
    return `${this.message} [${this.code} 0x${number}]${this.advice ? ` ${this.advice}` : ''}`;
  }
}
