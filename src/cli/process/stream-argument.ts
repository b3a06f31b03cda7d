import type { StreamIdentifier } from '../../aws/control-plane-api.ts';
import { checkStreamName } from '../../producer/info/stream-info.ts';

/** What every command says of its argument. */
export const STREAM_ARGUMENT = 'name or ARN of the stream';

/** The stream that an argument names. @throws KvsError as checkStreamName */
export function streamOf(text: string): StreamIdentifier {
  if (text.startsWith('arn:')) return { streamArn: text };
  checkStreamName(text);
  return { streamName: text };
}
