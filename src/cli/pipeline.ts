import type { BusMessage, GstState, StateChangeResult } from '../host/native.ts';

/** What the launcher needs of a pipeline: none of it blocks the JavaScript thread. */
export type PipelineControl = {
  onMessage(callback: (message: BusMessage) => void): void;
  setState(state: GstState, waitMs?: number): Promise<StateChangeResult>;
  sendEos(): Promise<boolean>;
  recalculateLatency(): Promise<boolean>;
  dispose(): Promise<void>;
};
