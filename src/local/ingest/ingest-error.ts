import { ACK_ERRORS, type AckErrorCode } from '../errors/error-acks.ts';
import type { AckedFragment } from './acks.ts';

/** Why a PutMedia session cannot go on; becomes an ERROR ack. */
export class IngestError extends Error {
  readonly errorCode: AckErrorCode;
  readonly errorId: number;
  /** The fragment, if it is another than the one being received. */
  readonly fragment: AckedFragment | undefined;

  constructor(
    errorCode: AckErrorCode,
    message: string,
    options: ErrorOptions & { readonly fragment?: AckedFragment } = {},
  ) {
    super(message, options);
    this.name = 'IngestError';
    this.errorCode = errorCode;
    this.errorId = ACK_ERRORS[errorCode];
    this.fragment = options.fragment;
  }
}
