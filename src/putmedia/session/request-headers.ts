/** What PutMedia's headers are made of. */
export type PutMediaRequest = {
  /** Exactly one of the two, as the API wants it. */
  readonly stream: { readonly streamName: string } | { readonly streamArn: string };
  readonly fragmentAcks: boolean;
  readonly absoluteFragmentTimes: boolean;
  readonly userAgent: string;
  /** Epoch milliseconds. */
  readonly producerStartMs: number;
};

/**
 * Seconds with exactly three decimals. Upstream writes 5 ms as `.5`, which the service
 * reads as half a second:
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/blob/c7546829290ccd2fd8c4b7329c58ff3493180b63/src/source/CurlApiCallbacks.c#L2151
 */
export function producerStartTimestamp(epochMs: number): string {
  const wholeMs = Math.max(0, Math.floor(epochMs));
  return `${Math.floor(wholeMs / 1000)}.${String(wholeMs % 1000).padStart(3, '0')}`;
}

/**
 * PutMedia's headers before they are signed: upstream's set with upstream's values, but for `Expect: 100-continue`, which costs a round trip before the first
 * byte (see EARLY_BYTES in body-writer.ts for what takes its place), and for the host, which has
 * the port as RFC 9110 wants it.
 */
export function putMediaHeaders(url: URL, request: PutMediaRequest): Record<string, string> {
  return {
    host: url.host,
    accept: '*/*',
    connection: 'keep-alive',
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
    'user-agent': request.userAgent,
    'x-amzn-fragment-acknowledgment-required': request.fragmentAcks ? '1' : '0',
    'x-amzn-fragment-timecode-type': request.absoluteFragmentTimes ? 'ABSOLUTE' : 'RELATIVE',
    'x-amzn-producer-start-timestamp': producerStartTimestamp(request.producerStartMs),
    ...('streamName' in request.stream
      ? { 'x-amzn-stream-name': request.stream.streamName }
      : { 'x-amzn-stream-arn': request.stream.streamArn }),
  };
}
