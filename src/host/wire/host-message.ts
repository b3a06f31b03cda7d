import { HOST_HEADER_BYTES } from './wire.ts';

/**
 * Encodes one message to an element.
 * @param code event code; see docs/5-inside/bridge.md for what it means to each event.
 * @param payload a serialised structure, or text.
 */
export function encodeHostMessage(
  element: number,
  event: number,
  code: number | bigint = 0,
  payload = '',
): Buffer {
  const size = Buffer.byteLength(payload);
  const message = Buffer.allocUnsafe(HOST_HEADER_BYTES + size);
  message.writeUInt32LE(size, 0);
  message.writeUInt32LE(element, 4);
  message.writeUInt32LE(event, 8);
  message.writeUInt32LE(0, 12);
  message.writeBigUInt64LE(BigInt(code), 16);
  message.write(payload, HOST_HEADER_BYTES);
  return message;
}

/** Writes one message to an element. */
export type SendToElement = (event: number, code?: number | bigint, payload?: string) => void;
