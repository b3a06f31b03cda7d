import { PROPERTIES } from '../../host/settings/properties.ts';
import type { Row } from '../../host/settings/rows/property-row.ts';
import { CODECS, TRANSPORTS } from './network-camera.ts';

type Kind =
  | { readonly kind: 'text' }
  | { readonly kind: 'flag' }
  | { readonly kind: 'number'; readonly least: number; readonly isWhole?: true }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** Properties of kvssink by their names. */
  | { readonly kind: 'properties' };

/** One field of a camera in the file. */
export type Field = Kind & {
  readonly about: string;
  /** It makes no sense among the defaults of all cameras. */
  readonly isOwn?: true;
};

/** What the file can say of a camera: the reader, its messages and the schema come from here. */
export const FIELDS = {
  name: { kind: 'text', isOwn: true, about: 'what messages call the camera (default: its stream)' },
  url: {
    kind: 'text',
    isOwn: true,
    about:
      'rtsp:// or rtsps:// address; it may hold user and password, if only its user can read this file',
  },
  stream: { kind: 'text', isOwn: true, about: 'stream to send to (default: the name)' },
  user: { kind: 'text', about: 'user name at the camera' },
  'user-env': { kind: 'text', about: 'environment variable that holds the user name' },
  'user-file': { kind: 'text', about: 'file that holds the user name' },
  'password-env': { kind: 'text', about: 'environment variable that holds the password' },
  'password-file': {
    kind: 'text',
    about: 'file that holds the password; a relative path is relative to this file',
  },
  protocol: { kind: 'choice', values: TRANSPORTS, about: 'what RTP goes over (default: tcp)' },
  latency: {
    kind: 'number',
    least: 1,
    about: 'milliseconds that packets may arrive late (default: 200)',
  },
  codec: { kind: 'choice', values: CODECS, about: 'codec of the video (default: try both)' },
  audio: { kind: 'flag', about: 'send the sound too: AAC, A-law or mu-law (default: false)' },
  stall: {
    kind: 'number',
    least: 1,
    about: 'seconds without a frame before the camera is connected to again (default: 30)',
  },
  retention: {
    kind: 'number',
    least: 0,
    isWhole: true,
    about: 'hours that a stream keeps its media, if it is created',
  },
  properties: { kind: 'properties', about: 'properties of kvssink, such as storage-size: 32' },
} as const satisfies Readonly<Record<string, Field>>;

type Name = keyof typeof FIELDS;

type ValueOf<Of extends Kind> = Of extends { values: readonly (infer Value)[] }
  ? Value
  : {
      text: string;
      flag: boolean;
      number: number;
      properties: Readonly<Record<string, string>>;
    }[Exclude<Of['kind'], 'choice'>];

/** What a camera's entry says, once it was checked. */
export type CameraEntry = { readonly [Of in Name]?: ValueOf<(typeof FIELDS)[Of]> };

/** Properties of kvssink that the file can set; the stream has a field of its own. */
export const SINK_NAMES: readonly string[] = Object.keys(PROPERTIES).filter(
  (name) => name !== 'stream-name',
);

/** What a value has to be, as a sentence; undefined when it is. */
export function faultOf(field: Kind, value: unknown): string | undefined {
  switch (field.kind) {
    case 'text':
      return typeof value === 'string' && value !== '' ? undefined : 'It must be a text.';
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'It must be true or false.';
    case 'number':
      return numberFault(value, field.least, Number.MAX_SAFE_INTEGER, field.isWhole === true);
    case 'choice':
      return typeof value === 'string' && field.values.includes(value)
        ? undefined
        : `It must be one of ${field.values.join(', ')}.`;
    case 'properties':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? undefined
        : 'It must be a map of properties: storage-size: 32';
  }
}

/** The same, of a property of kvssink. */
export function propertyFault(row: Row, value: unknown): string | undefined {
  switch (row.type) {
    case 'flag':
      return faultOf({ kind: 'flag' }, value);
    case 'choice':
      return faultOf({ kind: 'choice', values: Object.keys(row.values) }, value);
    case 'uint':
      return numberFault(value, row.range?.[0] ?? 0, row.range?.[1] ?? 2 ** 32 - 1, true);
    case 'uint64':
      return numberFault(value, 0, Number.MAX_SAFE_INTEGER, true);
    default:
      return typeof value === 'string' || typeof value === 'number'
        ? undefined
        : 'It must be a text.';
  }
}

function numberFault(
  value: unknown,
  least: number,
  most: number,
  isWhole: boolean,
): string | undefined {
  const isNumber =
    typeof value === 'number' && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value));
  if (isNumber && value >= least && value <= most) return undefined;
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return `It must be a ${isWhole ? 'whole ' : ''}number ${range}.`;
}
