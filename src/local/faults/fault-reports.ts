/** The JSON of /api/faults. Types alone: the page is compiled with them. */

import type { Fault, FaultState } from './fault.ts';
import type { FaultField } from './fault-table.ts';

/** A fault as it goes over HTTP: its own fields, and how far it has come. */
export type FaultReport = Fault & {
  readonly id: string;
  readonly state: FaultState;
  readonly strikes: number;
};

/** A field of a kind of fault, and what it may be. */
export type FaultFieldReport = { readonly name: string } & FaultField;

/** A kind of fault, with its fields in the order of the table. */
export type FaultKindReport = {
  readonly kind: string;
  readonly text: string;
  readonly fields: readonly FaultFieldReport[];
};

/** All faults that were injected, and all kinds that there are. */
export type FaultsReport = {
  readonly faults: readonly FaultReport[];
  readonly kinds: readonly FaultKindReport[];
};
