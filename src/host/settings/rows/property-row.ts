import type { CredentialProperties } from '../../../aws/credentials/credential-settings.ts';
import type { ClientInfo, StorageInfo } from '../../../producer/info/device-info.ts';
import type { ProducerOptions } from '../../../producer/info/producer-options.ts';
import type { StreamInfo } from '../../../producer/info/stream-info.ts';

/**
 * Where a property's value goes: into a field of one of the core's own descriptions, under the
 * field's own name, so that nobody between the wire and the core has to know the property.
 */
export type Destination =
  | { readonly to: 'stream'; readonly field: keyof StreamInfo }
  | { readonly to: 'client'; readonly field: keyof ClientInfo }
  | { readonly to: 'storage'; readonly field: keyof StorageInfo }
  | { readonly to: 'connection'; readonly field: keyof ProducerOptions }
  | { readonly to: 'credentials'; readonly field: keyof CredentialProperties }
  /** The host itself uses it, in src/host. */
  | { readonly to: 'host'; readonly field: string }
  /** The element itself uses it, in native/element. */
  | { readonly to: 'element' };

/** What is said of every property, whatever its type. */
type Description = {
  /** What it does, as docs/2-use/properties.md says it. */
  readonly about: string;
  /** Where upstream's kvssink 3.6.0 differs; `new` where it has no such property. */
  readonly upstream?: string;
  /** It may be set while the pipeline plays, with effect at once. */
  readonly live?: true;
  /** Why the default of the API (StreamInfo and its like) is another, with that default. */
  readonly apiDiffers?: string;
};

/** A text, or a secret, which no log and no message shows. */
type TextValue = {
  readonly type: 'text' | 'secret';
  /** What a new element has. */
  readonly default: string | null;
  /** The default stands for "not set", as upstream has it: the host takes it for that. */
  readonly unset?: string;
};
type FlagValue = { readonly type: 'flag'; readonly default: boolean };
type UintValue = {
  readonly type: 'uint';
  readonly default: number;
  readonly unit?: Unit;
  /** What the value is multiplied by to be in the field's unit. */
  readonly times?: number;
  /** What 0 stands for, where that is not simply zero: the property's default, or what is said here. */
  readonly zero?: 'default' | (string & {});
  /** Least and greatest value that is taken when the element starts; in between, any. */
  readonly range?: readonly [number, number];
};
type Uint64Value = {
  readonly type: 'uint64';
  readonly default: bigint;
  readonly unit?: Unit;
  readonly zero?: string;
  /** Where a new element has something else than the default, which is the one of the class. */
  readonly made?: string;
};
type ChoiceValue = {
  readonly type: 'choice';
  readonly default: string;
  /** By nick, in the order of their numbers. */
  readonly values: Readonly<Record<string, string>>;
};
/** A GstStructure; with `texts` each field's value is taken as a text. */
type StructureValue = { readonly type: 'structure' | 'texts'; readonly default: null };

/** Units as the page writes them. */
export type Unit =
  | 'seconds'
  | 'milliseconds'
  | 'hours'
  | 'MiB'
  | 'bits per second'
  | 'frames per second';

/** What the host and the page know of one property of kvssink. */
export type Row = Description &
  Destination &
  (TextValue | FlagValue | UintValue | Uint64Value | ChoiceValue | StructureValue);

/** Rows by the property's name. */
export type Rows = Readonly<Record<string, Row>>;
