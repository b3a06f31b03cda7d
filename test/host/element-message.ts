import { ELEMENT_HEADER_BYTES, TIME_NONE } from '../../src/host/wire/wire.ts';

/** The fields of a message from the element; all have a default. */
export type ElementMessageFields = {
  type: number;
  track?: number;
  flags?: number;
  ptsNs?: bigint | undefined;
  dtsNs?: bigint | undefined;
  durationNs?: bigint;
  monotonicNs?: bigint;
  sequence?: number;
  element?: number;
  payload?: string | Uint8Array;
};

/** Encodes a message as the C++ side does (native/bridge/wire.h). */
export function elementMessage(fields: ElementMessageFields): Buffer {
  const payload = Buffer.from(
    typeof fields.payload === 'string'
      ? Buffer.from(fields.payload, 'utf8')
      : (fields.payload ?? Buffer.alloc(0)),
  );
  const message = Buffer.alloc(ELEMENT_HEADER_BYTES + payload.length);
  message.writeUInt32LE(payload.length, 0);
  message.writeUInt8(fields.type, 4);
  message.writeUInt8(fields.track ?? 0, 5);
  message.writeUInt16LE(fields.flags ?? 0, 6);
  message.writeBigUInt64LE(fields.ptsNs ?? TIME_NONE, 8);
  message.writeBigUInt64LE(fields.dtsNs ?? TIME_NONE, 16);
  message.writeBigUInt64LE(fields.durationNs ?? TIME_NONE, 24);
  message.writeBigUInt64LE(fields.monotonicNs ?? 0n, 32);
  message.writeUInt32LE(fields.sequence ?? 0, 40);
  message.writeUInt32LE(fields.element ?? 1, 44);
  payload.copy(message, ELEMENT_HEADER_BYTES);
  return message;
}

/** A message to the element, as the C++ side reads it. */
export type DecodedHostMessage = { element: number; event: number; code: bigint; payload: string };

/** Cuts what the host wrote into messages. */
export function decodeHostMessages(bytes: Buffer): DecodedHostMessage[] {
  const messages: DecodedHostMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    messages.push({
      element: bytes.readUInt32LE(at + 4),
      event: bytes.readUInt32LE(at + 8),
      code: bytes.readBigUInt64LE(at + 16),
      payload: bytes.toString('utf8', at + 24, at + 24 + size),
    });
    at += 24 + size;
  }
  return messages;
}
