import { KvsError } from '../../errors/kvs-error.ts';
import type { ElementConfig, GstCapsJson, PadConfig, SourceMessage } from './wire.ts';

/** A fragment metadata item, as a `kvs-add-metadata` event carries it. */
export type FragmentMetadataMessage = {
  readonly name: string;
  readonly value: string;
  readonly persist: boolean;
};

/** An image-generation or notification event (upstream's putKinesisVideoEventMetadata). */
export type EventMetadataMessage = {
  readonly events: readonly ('image-generation' | 'notification')[];
  readonly imagePrefix?: string;
  readonly pairs?: Readonly<Record<string, string>>;
};

/** Either of the two, as the element writes them. */
type RawMetadata = FragmentMetadataMessage & {
  readonly event: 'image-generation' | 'notification' | 'both';
  readonly imagePrefix: string;
  readonly pairs: Readonly<Record<string, string>>;
};

/** A property that was set while playing. */
export type PropertyMessage = {
  readonly name: string;
  readonly value: ElementConfig['properties'][string];
};

/** The JSON payloads of the bridge's messages. All throw KvsError STATUS_FORMAT_ERROR. */
export const parseMessage = {
  config(payload: Buffer): ElementConfig {
    const config = parse<Partial<ElementConfig>>(payload, 'open');
    const { element = 'kvssink', properties = {}, pads = [], padWaitMs, startsNow } = config;
    return {
      element,
      properties,
      pads,
      ...(padWaitMs === undefined ? {} : { padWaitMs }),
      ...(startsNow === undefined ? {} : { startsNow }),
    };
  },
  pad(payload: Buffer): PadConfig {
    const { track, kind = 'other', pad = '', caps } = parse<Partial<PadConfig>>(payload, 'track');
    if (typeof track !== 'number') throw malformed('track', 'it has no number');
    return { track, kind, pad, ...(caps === undefined ? {} : { caps }) };
  },
  caps(payload: Buffer): GstCapsJson {
    const { name, fields } = parse<Partial<GstCapsJson>>(payload, 'caps');
    if (typeof name !== 'string') throw malformed('caps', 'it has no name');
    return { name, fields: fields ?? {} };
  },
  metadata(payload: Buffer): FragmentMetadataMessage | EventMetadataMessage {
    const value = parse<Partial<RawMetadata>>(payload, 'metadata');
    if (value.event !== undefined) {
      const { imagePrefix, pairs } = value;
      return {
        events: value.event === 'both' ? ['image-generation', 'notification'] : [value.event],
        ...(imagePrefix === undefined ? {} : { imagePrefix }),
        ...(pairs === undefined ? {} : { pairs }),
      };
    }
    if (typeof value.name !== 'string') throw malformed('metadata', 'it has no name');
    return { name: value.name, value: value.value ?? '', persist: value.persist ?? false };
  },
  drain(payload: Buffer): { readonly timeoutMs: number | undefined } {
    if (payload.length === 0) return { timeoutMs: undefined };
    return { timeoutMs: parse<{ timeoutMs?: number }>(payload, 'drain').timeoutMs };
  },
  source(payload: Buffer): SourceMessage {
    const { live, runsAhead } = parse<Partial<SourceMessage>>(payload, 'source');
    return { live: live === true, runsAhead: runsAhead === true };
  },
  leftOut(payload: Buffer): { readonly frames: number; readonly reason: string } {
    const { frames, reason } = parse<{ frames?: number; reason?: string }>(payload, 'leftOut');
    return { frames: frames ?? 1, reason: reason ?? 'not-decodable' };
  },
  property(payload: Buffer): PropertyMessage {
    const { name, value } = parse<Partial<PropertyMessage>>(payload, 'property');
    if (typeof name !== 'string') throw malformed('property', 'it has no name');
    return { name, value: value ?? null };
  },
} as const;

function parse<Shape>(payload: Buffer, what: string): Shape {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch {
    // The parser's own message quotes its input, which may hold credentials.
    throw malformed(what, 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw malformed(what, 'it is not an object');
  return value as Shape;
}

function malformed(what: string, why: string): KvsError {
  return new KvsError('STATUS_FORMAT_ERROR', `The element's ${what} message is broken: ${why}`, {
    advice: 'Are the plugin and the host of the same version? Install both from one package.',
  });
}
