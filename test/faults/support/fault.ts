import type { Behaviours } from '../../../src/local/settings/behaviours.ts';
import type { Stage } from './stage.ts';

/** How frames come to kvssink. */
export const MODES = ['live', 'offline', 'audio+video', 'back-fill'] as const;
export type Mode = (typeof MODES)[number];

/** For what breaks a session in the moment when it strikes: one was open then. */
export const sessionWasOpen: Fault['strikes'] = ({ sessionsAtStrike }) => sessionsAtStrike;
/** For what only the row itself can see. */
export const sawItself: Fault['strikes'] = ({ strikes }) => strikes;

/** One row of the matrix: what goes wrong, when, and how it is put right. */
export type Fault = {
  /** What the table says. */
  readonly name: string;
  /** What is broken before the pipeline starts. */
  readonly arrange?: (stage: Stage) => Promise<void> | void;
  /** When it is broken: once some fragments are stored, or from the pipeline's start on. */
  readonly from?: 'stream' | 'start';
  /**
   * How often the fault reached the pipeline, as whatever injected it counted. With 0 the run has
   * shown nothing, whatever became of the stream.
   */
  readonly strikes: (stage: Stage) => number;
  readonly strike?: (stage: Stage) => Promise<void> | void;
  /** How long it stays broken, from when it has reached the pipeline. */
  readonly lastsMs?: number;
  /** Puts it right. Without it, what was struck is over at once, or never. */
  readonly mend?: (stage: Stage) => Promise<void> | void;
  /**
   * What has to become of the stream. Where nothing can be delivered, or a fragment was refused for
   * good, the loss has to be reported, and the exit code must not be 0.
   */
  readonly goal: 'nothing lost' | 'reported';
  /** What a reader of the page should know of this row beside its figures. */
  readonly remark?: string;
  /** What else the machine must have; a reason skips the row. */
  readonly missing?: () => string | undefined;
  /** Of kvssink. */
  readonly properties?: string;
  readonly environment?: (stage: Stage) => Readonly<Record<string, string | undefined>>;
  /** How the service behaves. */
  readonly behaviours?: Partial<Behaviours>;
  /** The pipeline speaks TLS to the service, through the network alone. */
  readonly isTls?: boolean;
  /** Service and pipeline have a network of their own, and nothing stands between them. */
  readonly hasOwnNetwork?: boolean;
  /** The pipeline sees files of its own in place of the machine's. */
  readonly hasOwnNames?: boolean;
};
