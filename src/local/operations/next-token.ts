import { ServiceError } from '../errors/service-error.ts';

/** Makes a NextToken of where a listing stopped; base64, as the models demand. */
export function encodeToken(position: string, listing: string): string {
  return Buffer.from(JSON.stringify([listing, position])).toString('base64');
}

/**
 * Where the listing stopped.
 * @throws ServiceError InvalidArgumentException for a token of another listing, or of none.
 */
export function decodeToken(token: string, listing: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    if (Array.isArray(value) && value[0] === listing && typeof value[1] === 'string') {
      return value[1];
    }
  } catch {
    // Falls through to the refusal.
  }
  throw new ServiceError('InvalidArgumentException', 'The NextToken is not valid.');
}
