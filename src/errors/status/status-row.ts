/** One row of the status table. */
export type StatusRow = {
  /** Upstream's number. */
  readonly value: number;
  /** What it means, as a sentence; empty for those that are never raised here. */
  readonly text: string;
  /** What the user can do about it, as a sentence; empty when there is nothing to do. */
  readonly advice: string;
};
