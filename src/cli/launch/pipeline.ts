import type { Pipeline } from '../../host/native/native.ts';

/** What the launcher needs of a pipeline: none of it blocks the JavaScript thread. */
export type PipelineControl = Pick<
  Pipeline,
  'onMessage' | 'setState' | 'sendEos' | 'recalculateLatency' | 'watchProperties' | 'dispose'
>;
