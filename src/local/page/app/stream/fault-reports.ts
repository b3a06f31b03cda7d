/** The JSON of /api/faults, as far as the page reads it. */

/** A field of a fault, and what it may be. */
export type FaultFieldReport = {
  readonly name: string;
  readonly text: string;
  readonly isRequired?: true;
} & (
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'text'; readonly maxLength: number }
  | { readonly type: 'choice'; readonly choices: readonly (string | number)[] }
);

export type FaultKindReport = {
  readonly kind: string;
  readonly text: string;
  readonly fields: readonly FaultFieldReport[];
};

/** A fault that was injected: its kind, its fields, and how far it has come. */
export type FaultReport = {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly strikes: number;
  readonly [field: string]: unknown;
};

export type FaultsReport = {
  readonly faults: readonly FaultReport[];
  readonly kinds: readonly FaultKindReport[];
};
