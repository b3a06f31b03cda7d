import type { StreamIdentifier } from '../../aws/control-plane-api.ts';

/** What every command says of its argument. */
export const STREAM_ARGUMENT = 'name or ARN of the stream';

/** The stream that an argument names. */
export function streamOf(text: string): StreamIdentifier {
  return text.startsWith('arn:') ? { streamArn: text } : { streamName: text };
}
