import { ACK_ERRORS, type AckErrorCode } from '../errors/error-acks.ts';

/** Why a PutMedia session cannot go on; becomes an ERROR ack. */
export class IngestError extends Error {
  readonly errorCode: AckErrorCode;
  readonly errorId: number;

  constructor(errorCode: AckErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IngestError';
    this.errorCode = errorCode;
    this.errorId = ACK_ERRORS[errorCode];
  }
}
