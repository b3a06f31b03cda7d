import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors/service-error.ts';

/**
 * Reads a request's whole body.
 * @throws ServiceError RequestEntityTooLargeException beyond `maxBytes`, and whatever the socket
 *   throws when the client goes away.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > maxBytes) {
      throw new ServiceError(
        'RequestEntityTooLargeException',
        `The request body is larger than ${maxBytes} bytes.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}

/**
 * A JSON object from a request's body; an empty body is an empty object, as AWS takes it.
 * @throws ServiceError SerializationException
 */
export function parseJsonObject(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ServiceError('SerializationException', 'The request body is not valid JSON.', {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError('SerializationException', 'The request body is not a JSON object.');
  }
  return value as Record<string, unknown>;
}
